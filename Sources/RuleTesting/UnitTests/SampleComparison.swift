internal import Model
internal import NativeHistograms
internal import PromQL

/// Why a check could not be made.
struct ComparisonFault: Error {
  var message: String
}

/// A sample reduced to what a test compares.
struct ComparedSample {
  var labels: Labels
  /// Means nothing when there is a histogram.
  var value: Double
  var histogram: FloatHistogram?

  init(labels: Labels, value: Double, histogram: FloatHistogram? = nil) {
    self.labels = labels
    self.value = value
    self.histogram = histogram
  }

  init(_ expected: UnitTest.ExpectedSample) throws(ComparisonFault) {
    do throws(ParseError) {
      let text = expected.labels.value
      labels = text.allSatisfy(\.isWhitespace) ? .empty : try parseSeriesLabels(text)
    } catch {
      throw ComparisonFault(message: "labels \(quoted(expected.labels.value)) cannot be read: \(error)")
    }
    value = expected.value
    guard !expected.histogram.value.isEmpty else { return }
    let values: [SequenceValue]
    do throws(ParseError) {
      values = try parseSeriesDescription("{} " + expected.histogram.value).values
    } catch {
      throw ComparisonFault(message: "histogram \(quoted(expected.histogram.value)) cannot be read: \(error)")
    }
    guard values.count == 1, case .histogram(let one, _) = values[0] else {
      throw ComparisonFault(message: "\(quoted(expected.histogram.value)) is not one histogram")
    }
    histogram = one
  }

  var text: String { "\(labels) \(histogram.map(Self.text) ?? NumberText.shortest(value))" }

  /// Histograms are compared by what is written of them, wherever their spans are cut.
  private static func text(_ histogram: FloatHistogram) -> String { histogram.compacted().notation }

  func equals(_ other: ComparedSample, fuzzy: Bool) -> Bool {
    guard labels == other.labels else { return false }
    switch (histogram, other.histogram) {
    case (nil, nil):
      // NaN equals nothing, as for promtool: a test cannot expect one.
      return value == other.value || (fuzzy && (value.nextUp == other.value || value.nextDown == other.value))
    case (let mine?, let theirs?): return Self.text(mine) == Self.text(theirs)
    default: return false
    }
  }
}

/// The samples that a check expects beside those that its expression gives, in no order.
struct SampleComparison {
  let expected: [ComparedSample]
  let got: [ComparedSample]
  private var missing: [ComparedSample] = []
  private var surplus: [ComparedSample]

  init(expected: [ComparedSample], got: [ComparedSample], fuzzy: Bool) {
    self.expected = expected
    self.got = got
    surplus = got
    for sample in expected {
      if let place = surplus.firstIndex(where: { sample.equals($0, fuzzy: fuzzy) }) {
        surplus.remove(at: place)
      } else {
        missing.append(sample)
      }
    }
  }

  var isEqual: Bool { missing.isEmpty && surplus.isEmpty }

  /// Everything on both sides.
  var bothSides: [String] {
    func side(_ word: String, _ samples: [ComparedSample]) -> [String] {
      samples.isEmpty
        ? ["\(word) no sample"]
        : ["\(word) \(samples.count):"] + samples.map { "  \($0.text)" }.sorted { byteOrder($0, $1) }
    }
    return side("expected", expected) + side("got", got)
  }

  /// `-` was expected and did not come, `+` came and was not expected.
  var differences: [String] { missing.map { "- \($0.text)" } + surplus.map { "+ \($0.text)" } }
}
