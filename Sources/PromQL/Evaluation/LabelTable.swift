internal import Model

/// The label sets that plans deal with, each under a small number.
///
/// Steps of a plan speak in these numbers and remember by them what they worked out (a result's labels, a group), so
/// that a steady evaluation neither hashes nor builds a label set. Emptied when the store's index changes.
///
/// With delayed name removal a number may stand for a label set whose metric name is still there but is to be dropped
/// from the result: then ``droppingName(_:)`` only marks it.
final class LabelTable {
  /// By number; a name that is to be dropped is still there.
  private(set) var sets: [Labels] = []
  private var numbers: [Labels: Int] = [:]
  private var marked: [Labels: Int] = [:]
  private var isMarked: [Bool] = []
  private var withoutName: [Int] = []
  private var stamps: [UInt64] = []
  private var epoch: UInt64 = 0
  private(set) var delaysNameRemoval = false

  var count: Int { sets.count }

  func number(of labels: Labels) -> Int { number(of: labels, droppingName: false) }

  /// The number of a label set whose name may be marked as to be dropped.
  func number(of labels: Labels, droppingName: Bool) -> Int {
    if droppingName, delaysNameRemoval {
      if let known = marked[labels] { return known }
      marked[labels] = sets.count
    } else {
      if let known = numbers[labels] { return known }
      numbers[labels] = sets.count
    }
    sets.append(labels)
    isMarked.append(droppingName && delaysNameRemoval)
    withoutName.append(-1)
    stamps.append(0)
    return sets.count - 1
  }

  /// Whether the name of this label set is to be dropped from the result.
  func dropsName(_ number: Int) -> Bool { isMarked[number] }

  func droppingName(_ number: Int) -> Int {
    if withoutName[number] < 0 {
      let labels = sets[number]
      if delaysNameRemoval {
        withoutName[number] = self.number(of: labels, droppingName: true)
      } else {
        withoutName[number] = self.number(of: labels.withoutMetadata)
      }
    }
    return withoutName[number]
  }

  /// The labels as a result shows them.
  func final(_ number: Int) -> Labels { isMarked[number] ? sets[number].withoutMetadata : sets[number] }

  func clear(delaysNameRemoval: Bool) {
    self.delaysNameRemoval = delaysNameRemoval
    sets.removeAll()
    numbers.removeAll()
    marked.removeAll()
    isMarked.removeAll()
    withoutName.removeAll()
    stamps.removeAll()
  }

  func hasDuplicates(_ list: [Int]) -> Bool {
    epoch += 1
    for number in list {
      if stamps[number] == epoch { return true }
      stamps[number] = epoch
    }
    return false
  }
}

extension Labels {
  /// What says which metric a series is of, and what kind of metric: a function or an operation drops them together.
  static let metadataNames: Set<String> = [metricNameLabel, "__type__", "__unit__"]

  var withoutMetadata: Labels { dropping(Self.metadataNames) }
}

/// A memory from label set numbers to other numbers.
struct NumberMap {
  private var values: [Int] = []

  mutating func value(for key: Int, _ make: () -> Int) -> Int {
    if key < values.count, values[key] >= 0 { return values[key] }
    let made = make()
    if key >= values.count {
      values.append(contentsOf: repeatElement(-1, count: key + 1 - values.count))
    }
    values[key] = made
    return made
  }

  mutating func clear() { values.removeAll(keepingCapacity: true) }
}
