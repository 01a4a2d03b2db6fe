/// What `farwatch replay` was asked, as it was written.
package struct ReplayOptions: Sendable {
  package var configuration = "farwatch.yml"
  package var files: [String] = []
  package var format: String?
  package var interval: String?
  package var from: String?
  package var to: String?
  package var until: String?
  package var lostRegions: [String] = []
  package var lostChecks: [String] = []
  package var after = "5m"
  package var lasts = "20m"
  package var silences: [String] = []
  package var failingReceivers: [String] = []
  package var asJSON = false
  package var isVerbose = false
  package var seed: UInt64 = 1
  /// Of the terminal; nil: nothing is cut.
  package var width: Int?

  package init() {}
}

/// Why there was no replay: wrong use, or a file that cannot be read.
package struct ReplayFailure: Error, Sendable {
  package var lines: [String]

  package init(_ lines: [String]) { self.lines = lines }
  package init(_ line: String) { lines = [line] }
}
