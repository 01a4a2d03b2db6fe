internal import Journal
internal import Model

extension Daemon: EventStreamSource {
  func look(after: Int) -> EventStreams.Look? {
    guard let status = status() else { return nil }
    let most = EventStreams.Limits().resumeEntries
    return loop.ask { conductor, _ in
      let journal = conductor.journal
      let head = journal.head.sequence
      let missing = head - min(after, head)
      return EventStreams.Look(
        entries: Array(journal.newest.suffix(min(missing, most))), head: head,
        status: status)
    }
  }

  func waitUntilDurable() { _ = settle() }
}
