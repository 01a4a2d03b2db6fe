internal import Journal
internal import Model

extension Daemon: EventStreamSource {
  func look(after: Int) -> EventStreams.Look? {
    let reloads = reloads.current
    let startedAt = startedAt
    let most = EventStreams.Limits().resumeEntries
    return loop.ask { conductor, time in
      let journal = conductor.journal
      let head = journal.head.sequence
      let missing = head - min(after, head)
      return EventStreams.Look(
        entries: Array(journal.newest.suffix(min(missing, most))), head: head,
        status: conductor.snapshot(at: time, startedAt: startedAt, reloads: reloads))
    }
  }

  func waitUntilDurable() { _ = settle() }
}
