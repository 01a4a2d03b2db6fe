internal import Model

/// What happens to series as time goes by.
extension State {
  /// Series that are silent since before `silent` are no longer active; those without a sample after `cutoff` leave.
  /// What rules write stays active until they end it: they may speak once in an hour.
  mutating func collectGarbage(silentBefore silent: Timestamp, cutoff newCutoff: Timestamp) {
    cutoff = newCutoff
    let idle = silent - settings.blockInterval
    var leaving: [Int] = []
    var gone: [Int] = []
    for slot in ids.indices where self.slot(ids[slot]) == slot {
      let last = lastTimes[slot]
      if flags[slot].contains(.active), last < silent.milliseconds,
        last == .min || families[Int(familyOf[slot])].exposed || lastBits[slot] == StaleMarker.bits
      {
        leaving.append(slot)
      }
      if last <= cutoff.milliseconds, !flags[slot].contains(.active) || leaving.last == slot {
        gone.append(slot)
      } else if !flags[slot].contains(.active), !open[slot].isEmpty, last < idle.milliseconds {
        // Nothing more will come: it need not wait in memory, and in every checkpoint, until it is full.
        seal(slot)
      }
    }
    deactivate(leaving)
    forget(gone)
    dropSealed(before: cutoff)
  }

  private mutating func deactivate(_ slots: [Int]) {
    guard !slots.isEmpty else { return }
    var byFamily: [UInt32: Set<Int>] = [:]
    for slot in slots {
      flags[slot].subtract([.active, .spoken])
      byFamily[familyOf[slot], default: []].insert(slot)
    }
    statistics.series -= slots.count
    for (number, left) in byFamily {
      let family = families[Int(number)]
      family.members.removeAll { left.contains($0) }
      noteChange(of: family)
      if family.exposed, family.members.isEmpty { pageSetVersion = pageVersion }
    }
    indexVersion += 1
    // What was selected before holds them still; selecting anew each time would cost more than that.
    silenced += slots.count
    if silenced > max(256, statistics.series / 8) {
      silenced = 0
      additions.forget(at: indexVersion)
    }
  }

  /// Drops series and all that memory has of them. They are not active.
  mutating func forget(_ slots: [Int]) {
    guard !slots.isEmpty else { return }
    index.remove(Set(slots.map { ids[$0] }), slots.lazy.map { [labels] in labels[$0] })
    for slot in slots {
      if identifiers[labels[slot]] == ids[slot] { identifiers[labels[slot]] = nil }
      slotOfID[Int(ids[slot].raw) - Int(firstID)] = Self.noSlot
      statistics.sealedBytes -= sealed[slot].reduce(0) { $0 + $1.cost }
      sealed[slot] = []
      open[slot] = OpenChunk()
      labels[slot] = .empty
      flags[slot] = []
      freeSlots.append(slot)
    }
    statistics.knownSeries = identifiers.count
    indexVersion += 1
    additions.forget(at: indexVersion)
  }

  /// Without files, sealed chunks are all the past there is.
  private mutating func dropSealed(before cutoff: Timestamp) {
    var count = 0
    var seen: [SeriesID: Int] = [:]
    for id in sealedQueue {
      guard let slot = slot(id) else {
        count += 1
        continue
      }
      let place = seen[id, default: 0]
      guard place < sealed[slot].count, sealed[slot][place].lastTime <= cutoff.milliseconds else { break }
      seen[id] = place + 1
      count += 1
    }
    if count > 0 { popSealed(count) }
  }

  /// Moves what is in memory in time. Blocks stay where they are; what of them is not before the first sample that was
  /// moved is not shown any more (the later word counts, see ``BlockSearch``).
  mutating func movePast(by shift: Int64) {
    guard shift != 0 else { return }
    for slot in ids.indices where lastTimes[slot] != .min {
      lastTimes[slot] &+= shift
      open[slot].move(by: shift)
      for place in sealed[slot].indices {
        sealed[slot][place].firstTime &+= shift
        sealed[slot][place].lastTime &+= shift
      }
    }
    epoch += 1
    pastVersion += 1
    // A series may have been left out of a selection as silent.
    indexVersion += 1
    additions.forget(at: indexVersion)
    journal.shift(shift)
  }

  /// Ends every series of the last life that has not ended: whoever asks what is true now gets only what was measured
  /// since the start, as ranges go on over both lives. What is silent for long already needs no end.
  ///
  /// What was measured here ends with the start. What rules made or others sent ends with its last word: those who send
  /// hand in afterwards what they could not while nobody was here. Where they send what we measure, too, theirs has the
  /// label `instance`, and ours has not.
  mutating func endAll(at time: Timestamp) {
    for slot in ids.indices where self.slot(ids[slot]) == slot && lastTimes[slot] != .min {
      guard lastBits[slot] != StaleMarker.bits,
        lastTimes[slot] >= (time - settings.forgetAfter).milliseconds
      else { continue }
      let next = lastTimes[slot] &+ 1
      let isOurs = families[Int(familyOf[slot])].exposed && labels[slot]["instance"] == nil
      let end = isOurs ? max(time.milliseconds, next) : next
      if take(end, StaleMarker.bits, slot) { journal.sample(ids[slot], end, StaleMarker.bits) }
    }
  }

  /// The newest time of any series.
  var newestTime: Int64 { lastTimes.max() ?? .min }
}
