internal import Model
internal import PromQL

/// Classic histograms as native histograms with custom buckets.
enum CustomBuckets {
  /// The series that `load_with_nhcb` adds.
  static func series(of command: LoadCommand) -> [LoadCommand.Series] { [] }
}
