import Foundation
import Testing

@testable import Exposition

/// Reads the examples of OpenMetrics' own conformance suite, where they lie beside the checkout. They are not part of
/// this project: without them nothing is proved here.
@Suite struct OpenMetricsConformanceTests {
  /// What the environment says, or `shared/conformance/openmetrics` beside a folder that holds this file, however deep.
  static let folder: URL? = {
    if let path = ProcessInfo.processInfo.environment["FARWATCH_OPENMETRICS_CASES"] {
      return URL(filePath: path)
    }
    var place = URL(filePath: #filePath).deletingLastPathComponent()
    while place.path != "/" {
      place = place.deletingLastPathComponent()
      let folder = place.appending(path: "shared/conformance/openmetrics")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder), isFolder.boolValue {
        return folder
      }
    }
    return nil
  }()

  /// Taken as Prometheus takes them: histograms and summaries whose `_sum` is negative or no number, as libraries write
  /// them when such a value was observed, and a negative bucket of a gauge histogram.
  private static let takenValues: Set<String> = [
    "bad_counter_values_2", "bad_counter_values_5", "bad_counter_values_12", "bad_counter_values_14",
    "bad_counter_values_15",
  ]

  /// Wrong by what several lines say together, which a reader of samples does not look at: a name that two families
  /// claim, the order of a histogram's series, and buckets, sum and count that are missing or contradict each other.
  private static let wrongTogether: Set<String> = [
    "bad_clashing_names_2", "bad_counter_values_13", "bad_grouping_or_ordering_0", "bad_histograms_0",
    "bad_histograms_1", "bad_histograms_6", "bad_histograms_7", "bad_histograms_8", "bad_histograms_9",
    "bad_histograms_10", "bad_histograms_11",
  ]

  static let takenAlthoughBad = takenValues.union(wrongTogether)

  @Test(.enabled(if: folder != nil, "no folder shared/conformance/openmetrics beside the checkout"))
  func goodOnesAreReadAndBadOnesRefused() throws {
    let folder = try #require(Self.folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count > 60)
    var refused = 0
    for name in names {
      guard let bytes = try? [UInt8](Data(contentsOf: folder.appending(path: "\(name)/metrics"))) else {
        continue
      }
      var reader = ExpositionReader()
      do throws(ExpositionProblem) {
        try reader.read(bytes.span, dialect: .openMetrics) { _, _, _ in nil }
        #expect(
          !name.hasPrefix("bad_") || Self.takenAlthoughBad.contains(name), "\(name) is taken")
      } catch {
        refused += 1
        #expect(name.hasPrefix("bad_") && !Self.takenAlthoughBad.contains(name), "\(name): \(error)")
      }
    }
    #expect(refused > 40)
  }

  /// `farwatch check metrics --format openmetrics`.
  @Test(.enabled(if: folder != nil, "no folder shared/conformance/openmetrics beside the checkout"))
  func aStrictReaderAgreesWithTheSuite() throws {
    let folder = try #require(Self.folder)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      guard let bytes = try? [UInt8](Data(contentsOf: folder.appending(path: "\(name)/metrics"))) else {
        continue
      }
      var reader = ExpositionReader(isStrict: true)
      do throws(ExpositionProblem) {
        try reader.read(bytes.span, dialect: .openMetrics) { _, _, _ in nil }
        #expect(!name.hasPrefix("bad_"), "\(name) is taken")
      } catch { #expect(name.hasPrefix("bad_"), "\(name): \(error)") }
    }
  }
}
