import Model
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0"), (1, "1"), (-17, "-17"), (0.25, "0.25"), (1e6, "1e+06"), (999_999, "999999"),
    (123_456_789, "1.23456789e+08"), (1_234_567.5, "1.2345675e+06"), (0.0001, "0.0001"), (0.00001, "1e-05"),
    (1.7e9, "1.7e+09"), (.leastNonzeroMagnitude, "5e-324"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    (.nan, "NaN"),
    (0.1 + 0.2, "0.30000000000000004"), (100, "100"), (123.456, "123.456"),
  ])
  func shortestIsWhatGoPrints(value: Double, text: String) {
    #expect(NumberText.shortest(value) == text)
  }

  @Test(arguments: [
    (0.0, "0e+00"), (-0.0, "-0e+00"), (1, "1e+00"), (-12.5, "-1.25e+01"), (0.25, "2.5e-01"),
    (1e100, "1e+100"),
    (1.5e-7, "1.5e-07"), (.infinity, "+Inf"), (.nan, "NaN"), (123_456, "1.23456e+05"),
  ])
  func exponentialAlwaysHasAnExponent(value: Double, text: String) {
    #expect(NumberText.exponential(value) == text)
  }

  @Test(arguments: [
    (1e6, "1000000"), (0.00001, "0.00001"), (1.5e21, "1500000000000000000000"), (-0.5, "-0.5"),
    (12.25, "12.25"),
  ])
  func plainNeverHasAnExponent(value: Double, text: String) {
    #expect(NumberText.plain(value) == text)
  }

  @Test func everyTextReadsBackToTheSameBits() {
    var bits: UInt64 = 0x9e37_79b9_7f4a_7c15
    for _ in 0..<20_000 {
      bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Double(bitPattern: bits)
      guard value.isFinite else { continue }
      #expect(Double(NumberText.shortest(value)) == value)
    }
  }
}
