package import Model

/// What the histograms of a window have grown by: the core of `rate`, `increase` and `delta`.
package struct HistogramIncrease: Sendable {
  package struct Findings: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A float among them: no result.
    package static let mixedWithFloats = Self(rawValue: 1)
    /// Exponential buckets and listed bounds: no result.
    package static let mixedSchemas = Self(rawValue: 2)
    /// Of a counter was asked, a gauge was found.
    package static let isGauge = Self(rawValue: 4)
    /// Of a gauge was asked, something else was found.
    package static let isNotGauge = Self(rawValue: 8)
    /// Listed bounds differ, while the first was subtracted.
    package static let boundsReconciledInSubtraction = Self(rawValue: 16)
    /// Listed bounds differ, while what was lost in a reset was added.
    package static let boundsReconciledInAddition = Self(rawValue: 32)
  }

  /// Not scaled to a time, compacted, a gauge. Nil where the findings say why.
  package private(set) var histogram: FloatHistogram?
  package private(set) var findings: Findings = []

  /// Of a window with at least two samples; nil stands for a float. For a counter, what is lost in resets is added, and
  /// a first sample before a reset counts as nothing.
  package init(over window: [FloatHistogram?], isCounter: Bool) {
    guard window.count >= 2, let first = window[0], let last = window[window.count - 1] else {
      findings = .mixedWithFloats
      return
    }
    if isCounter, first.counterResetHint == .gauge || last.counterResetHint == .gauge {
      findings.insert(.isGauge)
    }
    var base = first
    if isCounter, let second = window[1], second.isReset(since: first) {
      // What came before the reset, and in what buckets, does not matter.
      base = FloatHistogram()
      base.schema = second.schema
      base.customValues = second.customValues
    }
    guard let schema = commonSchema(window, base, last, isCounter: isCounter) else { return }
    do throws(HistogramError) {
      var result = try last.reducingResolution(to: schema)
      if try result.subtract(base).contains(.boundsReconciled) {
        findings.insert(.boundsReconciledInSubtraction)
      }
      if isCounter { try addLost(window, base, to: &result) }
      result.compact()
      result.counterResetHint = .gauge
      histogram = result
      if !isCounter, first.counterResetHint != .gauge || last.counterResetHint != .gauge {
        findings.insert(.isNotGauge)
      }
    } catch {
      findings = .mixedSchemas
    }
  }

  /// The coarsest schema; nil, with the finding noted, when there is none.
  private mutating func commonSchema(
    _ window: [FloatHistogram?], _ base: FloatHistogram, _ last: FloatHistogram, isCounter: Bool
  ) -> Int32? {
    guard last.usesCustomBuckets == base.usesCustomBuckets else {
      findings.insert(.mixedSchemas)
      return nil
    }
    var schema = min(base.schema, last.schema)
    for sample in window.dropFirst().dropLast() {
      guard let sample else {
        findings = .mixedWithFloats
        return nil
      }
      guard isCounter else { continue }
      if sample.counterResetHint == .gauge { findings.insert(.isGauge) }
      guard sample.usesCustomBuckets == base.usesCustomBuckets else {
        findings = .mixedSchemas
        return nil
      }
      schema = min(schema, sample.schema)
    }
    return schema
  }

  private mutating func addLost(
    _ window: [FloatHistogram?], _ base: FloatHistogram, to result: inout FloatHistogram
  ) throws(HistogramError) {
    var previous = base
    for case .some(let sample) in window.dropFirst() {
      if sample.isReset(since: previous), try result.add(previous).contains(.boundsReconciled) {
        findings.insert(.boundsReconciledInAddition)
      }
      previous = sample
    }
  }
}
