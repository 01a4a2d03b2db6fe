internal import DurableIO
internal import Model
internal import Synchronization

/// The list of families and series in the store's directory, in records like those of the journal.
enum Catalogue {
  private static let step = 1024

  /// Returns the size of the file.
  static func append(_ news: [SeriesID], _ store: SampleStore, _ path: String) throws(IOFailure) -> Int {
    let file = try GrowingFile(path, appending: true)
    var rest = news[...]
    while !rest.isEmpty {
      let some = rest.prefix(step)
      rest = rest.dropFirst(step)
      try file.write(RecordLogBatch.of(some, store))
    }
    try file.sync()
    return file.size
  }

  /// Writes all that is known in place of the file. Returns its size.
  static func rewrite(_ store: SampleStore, _ path: String) throws(IOFailure) -> Int {
    let temporary = path + ".tmp"
    Folder.remove(temporary)
    do throws(IOFailure) {
      let file = try GrowingFile(temporary)
      var place = 0
      while let ids = store.state.withLock({ state -> [SeriesID]? in
        guard place < state.slotOfID.count else { return nil }
        return (place..<min(place + step, state.slotOfID.count)).compactMap { place in
          let slot = state.slotOfID[place]
          return slot == State.noSlot ? nil : state.ids[Int(slot)]
        }
      }) {
        place += step
        try file.write(RecordLogBatch.of(ids[...], store))
      }
      try file.sync()
      try Folder.rename(temporary, to: path)
      return file.size
    } catch {
      Folder.remove(temporary)
      throw error
    }
  }
}

/// One record a series, so that damage costs few; families before the first series that is of them.
private enum RecordLogBatch {
  static func of(_ ids: ArraySlice<SeriesID>, _ store: SampleStore) -> [UInt8] {
    let known = store.state.withLock { state in
      ids.compactMap { id in
        state.slot(id).map { (id, state.labels[$0], state.families[Int(state.familyOf[$0])]) }
      }
    }
    var out: [UInt8] = []
    var families: Set<UInt32> = []
    for (id, labels, family) in known {
      var payload: [UInt8] = []
      // Repeated in each batch: the families of a batch stand or fall with it.
      if families.insert(family.number).inserted { JournalBuffer.write(family, to: &payload) }
      JournalBuffer.write(id, labels, to: &payload)
      out.append(contentsOf: RecordLog.frame(payload))
    }
    return out
  }
}
