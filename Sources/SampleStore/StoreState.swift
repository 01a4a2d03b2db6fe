internal import Model
internal import NativeHistograms

/// The series of one metric name.
final class StoredFamily {
  let family: MetricFamily
  let exposed: Bool
  let number: UInt32
  /// Slots of the active series.
  var members: [Int] = []
  /// Whether `members` is in order of labels; sorting waits for the next reader.
  var sorted = true

  init(_ family: MetricFamily, exposed: Bool, number: UInt32) {
    self.family = family
    self.exposed = exposed
    self.number = number
  }
}

/// What is known of one series besides its samples.
struct SeriesFlags: OptionSet {
  let rawValue: UInt8
  /// Stands in the list of changed ones that nobody has taken yet.
  static let changed = SeriesFlags(rawValue: 1)
  /// Counts against the limit.
  static let active = SeriesFlags(rawValue: 2)
  /// Something was appended in this life of the process.
  static let spoken = SeriesFlags(rawValue: 4)
}

/// Everything behind the store's lock.
///
/// Series lie in columns side by side, at a slot that is used again when a series leaves; what the hot paths ask for
/// (newest time, newest value) is one array each, so that reading "now" of many series touches no object and no
/// reference count. Ids are never used twice, so nothing that remembers one can be fooled; one costs four bytes from
/// the oldest series on that is still there.
struct State {
  static let noSlot = UInt32.max

  var settings: SampleStoreSettings
  /// Id of the first element of `slotOfID`.
  private(set) var firstID: UInt32 = 0
  var slotOfID: [UInt32] = []
  var ids: [SeriesID] = []
  var lastTimes: [Int64] = []
  var lastBits: [UInt64] = []
  var flags: [SeriesFlags] = []
  var families: [StoredFamily] = []
  /// By family number: the ``pageVersion`` at which one of its current values or series changed last; 0 for a family
  /// that is not exposed.
  private(set) var familyVersions: [UInt64] = []
  /// Counts the changes of exposed families.
  private(set) var pageVersion: UInt64 = 0
  /// The ``pageVersion`` at which an exposed family got its first active series, or lost its last one.
  var pageSetVersion: UInt64 = 0
  var familyOf: [UInt32] = []
  var labels: [Labels] = []
  var open: [OpenChunk] = []
  var sealed: [[SealedChunk]] = []
  var freeSlots: [Int] = []
  var identifiers: [Labels: SeriesID] = [:]
  var familyNumbers: [String: UInt32] = [:]
  var index = LabelIndex()
  var changed: [SeriesID] = []
  /// A sealed chunk of this series each, in the order of sealing; the first has the number `sealedBase`.
  var sealedQueue: [SeriesID] = []
  var sealedBase: UInt64 = 0
  /// Finished blocks, the newest last.
  var blocks: [ChunkFile] = []
  /// What the writer has not taken yet; stays empty when the store has no files.
  var journal = JournalBuffer()
  /// Series that the catalogue does not have yet.
  var uncatalogued: [SeriesID] = []
  /// Samples at or before it may go.
  var cutoff = Timestamp(milliseconds: .min)
  /// Changes when the past was moved: what was copied before must not be written.
  var epoch: UInt64 = 0
  var indexVersion: UInt64 = 0
  var additions = IndexAdditions()
  /// Series that are no longer active since selections were last made anew for it.
  var silenced = 0
  var pastVersion: UInt64 = 0
  var statistics = SampleStoreStatistics()
  /// What the writer met and nobody has taken yet.
  var findings: [StoreFinding] = []

  init(_ settings: SampleStoreSettings) { self.settings = settings }

  @inline(__always)
  func slot(_ id: SeriesID) -> Int? {
    let place = Int(id.raw) &- Int(firstID)
    guard place >= 0, place < slotOfID.count else { return nil }
    let slot = slotOfID[place]
    return slot == Self.noSlot ? nil : Int(slot)
  }

  /// The id that a new series would get.
  var nextID: Int { Int(firstID) + slotOfID.count }

  /// Ids below `id` that are not there yet are taken as used up.
  mutating func reserveIDs(below id: Int) {
    guard id > nextID, UInt32(exactly: id) != nil else { return }
    if slotOfID.isEmpty, id - nextID > 1_000_000 {
      firstID = UInt32(id)
    } else {
      slotOfID.append(contentsOf: repeatElement(Self.noSlot, count: id - nextID))
    }
  }

  // MARK: Series

  mutating func findOrCreate(_ family: MetricFamily, _ labels: Labels, exposed: Bool) -> SeriesID? {
    if let known = identifiers[labels], let slot = slot(known) {
      if !flags[slot].contains(.active) {
        guard statistics.series < settings.seriesLimit else { return refuseSeries() }
        activate(slot)
      }
      return known
    }
    guard statistics.series < settings.seriesLimit, identifiers.count < settings.knownLimit,
      let raw = UInt32(exactly: nextID), raw < Self.noSlot
    else { return refuseSeries() }
    let stored = self.family(family, exposed: exposed)
    let id = SeriesID(raw: raw)
    let slot = insert(id, labels, stored)
    uncatalogued.append(id)
    journal.series(id, self.labels[slot])
    activate(slot)
    return id
  }

  private mutating func refuseSeries() -> SeriesID? {
    statistics.refusedSeries += 1
    return nil
  }

  mutating func family(_ family: MetricFamily, exposed: Bool) -> StoredFamily {
    if let number = familyNumbers[family.name] { return families[Int(number)] }
    let stored = StoredFamily(family, exposed: exposed, number: UInt32(families.count))
    families.append(stored)
    familyVersions.append(0)
    familyNumbers[family.name] = stored.number
    journal.family(stored)
    return stored
  }

  /// Takes in a series with an id of its own, not active. The id is new: at or above ``nextID``.
  mutating func insert(_ id: SeriesID, _ labels: Labels, _ family: StoredFamily) -> Int {
    reserveIDs(below: Int(id.raw))
    slotOfID.append(Self.noSlot)
    return fill(id, labels, family)
  }

  /// As ``insert(_:_:_:)`` for an id whose place is there and empty.
  mutating func fill(_ id: SeriesID, _ labels: Labels, _ family: StoredFamily) -> Int {
    let labels = index.insert(id, labels)
    let slot: Int
    if let free = freeSlots.popLast() {
      slot = free
      ids[slot] = id
      lastTimes[slot] = .min
      lastBits[slot] = StaleMarker.bits
      flags[slot] = []
      familyOf[slot] = family.number
      self.labels[slot] = labels
    } else {
      slot = ids.count
      ids.append(id)
      lastTimes.append(.min)
      lastBits.append(StaleMarker.bits)
      flags.append([])
      familyOf.append(family.number)
      self.labels.append(labels)
      open.append(OpenChunk())
      sealed.append([])
    }
    slotOfID[Int(id.raw) - Int(firstID)] = UInt32(slot)
    identifiers[labels] = id
    statistics.knownSeries = identifiers.count
    indexVersion += 1
    additions.add(id, at: indexVersion)
    return slot
  }

  private mutating func activate(_ slot: Int) {
    flags[slot].insert(.active)
    statistics.series += 1
    let family = families[Int(familyOf[slot])]
    family.members.append(slot)
    family.sorted = false
    noteChange(of: family)
    if family.exposed, family.members.count == 1 { pageSetVersion = pageVersion }
    indexVersion += 1
    // Whoever left it out as silent must see it again.
    additions.add(ids[slot], at: indexVersion)
  }

  /// The page of this family is to be written anew.
  @inline(__always)
  mutating func noteChange(of family: StoredFamily) {
    guard family.exposed else { return }
    pageVersion &+= 1
    familyVersions[Int(family.number)] = pageVersion
  }

  // MARK: Samples

  mutating func append(_ value: Double, at timestamp: Timestamp, to id: SeriesID) {
    guard let slot = slot(id) else { return }
    let time = timestamp.milliseconds
    let bits = HistogramMark.float(value.bitPattern)
    let before = lastBits[slot]
    guard take(time, bits, slot) else { return }
    statistics.appended += 1
    journal.sample(id, time, bits)
    noteChange(of: slot, id, isNew: before != bits)
  }

  @inline(__always)
  private mutating func noteChange(of slot: Int, _ id: SeriesID, isNew: Bool) {
    if !flags[slot].isSuperset(of: [.active, .spoken]) {
      if !flags[slot].contains(.active) { activate(slot) }
      flags[slot].insert(.spoken)
    } else if !isNew {
      return
    }
    noteChange(of: families[Int(familyOf[slot])])
    if !flags[slot].contains(.changed) {
      flags[slot].insert(.changed)
      changed.append(id)
    }
  }

  /// Puts a sample into its series' chunk; false when it is refused, or there already.
  @inline(__always)
  mutating func take(_ time: Int64, _ bits: UInt64, _ slot: Int) -> Bool {
    let last = lastTimes[slot]
    guard time > last else {
      if time < last {
        statistics.outOfOrder += 1
      } else if lastBits[slot] != bits {
        statistics.duplicates += 1
      }
      return false
    }
    if open[slot].isFull(at: time) || open[slot].isHistogram { seal(slot) }
    open[slot].append(time, bits, after: last, lastBits[slot])
    lastTimes[slot] = time
    lastBits[slot] = bits
    return true
  }

  /// As ``append(_:at:to:)``. A histogram that says that its series ended is the stale marker.
  mutating func append(_ histogram: FloatHistogram, at timestamp: Timestamp, to id: SeriesID) {
    guard !StaleMarker.isStale(histogram.sum) else { return append(StaleMarker.value, at: timestamp, to: id) }
    guard let slot = slot(id) else { return }
    let time = timestamp.milliseconds
    let before = open[slot].lastHistogram
    let previous = before.flatMap { try? HistogramCodec.decode($0) }
    // The same again is no duplicate, whatever is known about resets.
    if time == lastTimes[slot], let previous, previous.holdsSameData(as: histogram) { return }
    var histogram = histogram
    histogram.counterResetHint = histogram.storedHint(after: previous)
    var bytes: [UInt8] = []
    guard (try? HistogramCodec.append(histogram, to: &bytes)) != nil,
      bytes.count <= HistogramRun.histogramLimit
    else {
      statistics.refusedHistograms += 1
      return
    }
    guard take(time, bytes, slot) else { return }
    statistics.appended += 1
    journal.histogram(id, time, bytes)
    noteChange(of: slot, id, isNew: before != bytes)
  }

  /// Puts a histogram into its series' chunk; false when it is refused, or there already.
  mutating func take(_ time: Int64, _ histogram: [UInt8], _ slot: Int) -> Bool {
    let last = lastTimes[slot]
    guard time > last else {
      if time < last {
        statistics.outOfOrder += 1
      } else if open[slot].lastHistogram != histogram {
        statistics.duplicates += 1
      }
      return false
    }
    let before = open[slot].lastHistogram
    let isFull =
      open[slot].isFull(at: time)
      || before != histogram && open[slot].byteCount + histogram.count > HistogramRun.chunkLimit
    if !open[slot].isEmpty, isFull || before == nil { seal(slot) }
    open[slot].append(time, histogram, after: last, before)
    lastTimes[slot] = time
    lastBits[slot] = HistogramMark.bits
    return true
  }

  mutating func seal(_ slot: Int) {
    let chunk = open[slot].sealed(lastTime: lastTimes[slot])
    open[slot] = OpenChunk()
    pushSealed(chunk, slot)
    while statistics.sealedBytes > settings.memoryLimit, !sealedQueue.isEmpty { dropOldestSealed() }
  }

  mutating func pushSealed(_ chunk: SealedChunk, _ slot: Int) {
    sealed[slot].append(chunk)
    sealedQueue.append(ids[slot])
    statistics.sealedBytes += chunk.cost
  }

  private mutating func dropOldestSealed() {
    statistics.droppedSamples += UInt64(popSealed(1))
    pastVersion += 1
  }

  /// Forgets the `count` oldest sealed chunks; how many samples were in them.
  @discardableResult
  mutating func popSealed(_ count: Int) -> Int {
    var samples = 0
    for id in sealedQueue.prefix(count) {
      guard let slot = slot(id), let chunk = sealed[slot].first else { continue }
      statistics.sealedBytes -= chunk.cost
      samples += chunk.count
      sealed[slot].removeFirst()
      if sealed[slot].isEmpty { sealed[slot] = [] }
    }
    sealedQueue.removeFirst(min(count, sealedQueue.count))
    sealedBase += UInt64(count)
    return samples
  }

  mutating func takeChanged() -> [SeriesID] {
    for id in changed {
      if let slot = slot(id) { flags[slot].remove(.changed) }
    }
    defer { changed.removeAll(keepingCapacity: changed.count < 4096) }
    return changed
  }
}
