internal import DurableIO
internal import Model

/// What a new life takes over besides the samples.
struct Inheritance {
  /// Whether the directory could be looked into. If not, nothing in it may be touched.
  var hasRead = false
  /// The highest number of a checkpoint or journal; 0 without any.
  var generation: UInt64 = 0
  /// Number of the newest journal; 0 without any.
  var journal: UInt64 = 0
  var nextBlock: UInt64 = 1
  /// The catalogue must be written anew: it is damaged, or most of it is about series that are gone.
  var needsCatalogue = false
  var catalogueSize = 0
  /// Files whose contents were taken completely. Only these may be deleted when a checkpoint has what they hold; all
  /// others are set aside.
  var taken: Set<String> = []
}

/// Builds the state of a store from what the last process left. Nothing that it meets stops it: what cannot be read is
/// set aside, counted, and told.
struct Recovery {
  let folder: StoreFolder
  var state: State
  var findings: [StoreFinding] = []
  var inheritance = Inheritance()
  var catalogued = 0
  var isReadingJournals = false
  /// In a first pass, which leaves counting damage to the second.
  var wantsNamesOnly = false
  /// What the journal that is read says about the one before it.
  var predecessor: UInt64?
  /// Samples and chunks of series that nobody knows.
  var orphans = 0

  init(_ folder: StoreFolder, _ settings: SampleStoreSettings) {
    self.folder = folder
    state = State(settings)
  }

  mutating func run() {
    var names: [String]
    do {
      names = try Folder.files(folder.path).map(\.name)
    } catch {
      damaged("store directory cannot be read", folder.path, "\(error)")
      return
    }
    inheritance.hasRead = true
    for name in names where name.hasSuffix(".tmp") { Folder.remove("\(folder.path)/\(name)") }
    for name in StoreFolder.foreign(in: names) {
      let file = "\(folder.path)/\(name)"
      damaged("file with a number that no store gives", file, asideText(StoreFolder.setAside(file)))
      names.removeAll { $0 == name }
    }
    let journals = StoreFolder.numbers(.journal, in: names)
    let heads = StoreFolder.numbers(.head, in: names)
    readCatalogue(names)
    openBlocks(StoreFolder.numbers(.block, in: names))
    isReadingJournals = true
    let predecessors = readNames(journals)
    let start = readHead(heads)
    if heads.isEmpty, journals.isEmpty, StoreFolder.holdsAnything(names) {
      damaged("checkpoint and journal are missing", folder.path, "blocks or a catalogue are there")
    }
    checkChain(journals, predecessors, from: start)
    for number in journals where number >= start { replay(number, mustHold: number == start) }
    inheritance.journal = journals.last ?? 0
    inheritance.generation = max(journals.last ?? 0, heads.last ?? 0)
    adoptFromBlocks()
    // An id that any file knows must never name another series.
    state.reserveIDs(below: Int(state.blocks.map(\.maxID).max() ?? 0) + (state.blocks.isEmpty ? 0 : 1))
    if catalogued > 2 * state.identifiers.count + 1000 { inheritance.needsCatalogue = true }
    state.takeAllAsKnown()
  }

  /// The state as the new life begins with it, once.
  ///
  /// A clock that was set back while nothing ran is taken like one that is set back later: what lies in its future
  /// moves, or nothing could be appended for so long.
  consuming func takeState(now: Timestamp) -> sending State {
    // Safe: this value is consumed here, and nothing else has ever held its state.
    nonisolated(unsafe) var state = state
    let newest = state.newestTime
    if newest != .min, newest >= now.milliseconds { state.movePast(by: now.milliseconds &- newest &- 1) }
    state.endAll(at: now)
    return state
  }

  /// Counts and tells: something is not as it was written.
  mutating func damaged(_ message: String, _ file: String, _ detail: String) {
    state.statistics.damaged += 1
    note(message, file, detail)
  }

  mutating func note(_ message: String, _ file: String, _ detail: String) {
    findings.append(StoreFinding(message: message, file: file, detail: detail))
  }

  func asideText(_ name: String?) -> String { name.map { "kept as \($0)" } ?? "it cannot be renamed" }

  /// Series that the checkpoint does not know, because it is lost: blocks say when they spoke last.
  mutating func adoptFromBlocks() {
    guard !state.blocks.isEmpty else { return }
    for slot in state.ids.indices where state.lastTimes[slot] == .min {
      for block in state.blocks.reversed() {
        guard let place = block.places(of: state.ids[slot].raw).last else { continue }
        var last: (Int64, UInt64)?
        guard
          block.forEach(
            place,
            {
              last = ($0, $1); return true
            }), let last
        else { continue }
        state.lastTimes[slot] = last.0
        state.lastBits[slot] = last.1
        break
      }
    }
  }
}
