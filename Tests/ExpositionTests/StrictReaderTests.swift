import Testing

@testable import Exposition

/// What OpenMetrics asks of a page although scrapes do not.
@Suite struct StrictReaderTests {
  private func complaint(_ text: String, _ dialect: ExpositionDialect, strict: Bool = true) -> String? {
    var reader = ExpositionReader(isStrict: strict)
    do throws(ExpositionProblem) {
      try reader.read(Array(text.utf8).span, dialect: dialect) { _, _, _ in nil }
      return nil
    } catch { return error.message }
  }

  @Test(arguments: [
    "# TYPE a histogram\na_bucket{le=\"1.0\"} 1\na_bucket{le=\"+Inf\"} 2\na_count 2\na_sum 5\n",
    "# TYPE a histogram\na_bucket{x=\"1\",le=\"+Inf\"} 1\na_count{x=\"1\"} 1\na_sum{x=\"1\"} 1\n"
      + "a_bucket{x=\"2\",le=\"+Inf\"} 0\n",
    "# TYPE a gaugehistogram\na_bucket{le=\"-1.0\"} 1\na_bucket{le=\"+Inf\"} 2\na_gcount 2\na_gsum -7\n",
    "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 1\na_created 9\n",
    "# TYPE a stateset\na{a=\"x\"} 1\na{a=\"y\"} 0\n",
    "# TYPE a info\na_info{b=\"1\"} 1 5\na_info{b=\"2\"} 1 4\n",
    "# TYPE a counter\na_total 5 1\na_total 6 2\na_created 1 2\n", "a_sum 5\n# TYPE b gauge\nb 1\n",
    "# TYPE a counter\n# TYPE a_bucket gauge\na_bucket 5\n",
  ])
  func goodOnesAreTaken(_ page: String) {
    #expect(complaint(page + "# EOF\n", .openMetrics) == nil)
  }

  @Test(arguments: [
    ("# TYPE a histogram\na_bucket{le=\"1.0\"} 1\n", "a histogram without its bucket +Inf (a)"),
    (
      "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n",
      "a histogram whose count is not that of its bucket +Inf (a)"
    ),
    (
      "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\n# TYPE b gauge\nb 1\n",
      "a histogram with a sum and without a count (a)"
    ),
    (
      "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n",
      "a histogram with a count and without a sum (a)"
    ),
    (
      "# TYPE a histogram\na_bucket{le=\"-1.0\"} 1\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum 1\n",
      "a histogram with a sum and a negative bucket (a)"
    ),
    (
      "# TYPE a histogram\na_bucket{le=\"2.0\"} 1\na_bucket{le=\"1.0\"} 1\n",
      "buckets that do not stand in their order"
    ),
    (
      "# TYPE a histogram\na_bucket{le=\"1.0\"} 2\na_bucket{le=\"+Inf\"} 1\n",
      "a bucket that is less than the one before it"
    ),
    ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1.5\n", "a count that is not whole"),
    ("# TYPE a histogram\na_bucket{le=\"NaN\"} 1\n", "a bound that is written NaN"),
    ("# TYPE a histogram\na_bucket{le=\"inf\"} 1\n", "a bound that is written inf"),
    ("# TYPE a histogram\na_sum NaN\n", "a histogram that is no number"),
    ("# TYPE a summary\na_sum -1\n", "a summary that is negative"),
    ("# TYPE a summary\na{quantile=\"0.5\"} -1\n", "a quantile that is negative"),
    (
      "# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 1\na{x=\"1\"} 2\n",
      "the samples of one metric do not stand together"
    ),
    (
      "# TYPE a summary\na_sum 1 5\na_count 1\n", "some samples of a metric have a time and others none"
    ),
    (
      "# TYPE a summary\na_sum 1 5\na_count 1 4\n",
      "the samples of a metric do not stand in the order of their times"
    ),
    ("# TYPE a counter\n# TYPE a_created gauge\n", "the name a_created belongs to two families"),
    ("# TYPE a_sum gauge\na_sum 1\n# TYPE a summary\n", "the name a_sum belongs to two families"),
  ])
  func badOnesAreRefused(_ page: String, _ expected: String) {
    #expect(complaint(page + "# EOF\n", .openMetrics) == expected)
  }

  @Test func textHasItsMetadataOnce() {
    #expect(complaint("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n", .prometheus) == nil)
    let second = "# HELP a x\n# HELP a y\na 1\n"
    #expect(complaint(second, .prometheus) == "a second HELP of a")
    #expect(complaint(second, .prometheus, strict: false) == nil)
    let late = "a second TYPE of a, or one behind its samples"
    #expect(complaint("# TYPE a gauge\n# TYPE a gauge\na 1\n", .prometheus) == late)
    #expect(complaint("a 1\n# TYPE a gauge\n", .prometheus) == late)
  }
}
