import Testing

@testable import Model

@Suite struct RFC3339Tests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-01-02T15:04:05Z", 1_767_366_245_000),
    ("2026-01-02T15:04:05.5+01:00", 1_767_362_645_500),
    ("2026-01-02T15:04:05.123456789-00:30", 1_767_368_045_123),
  ]) func momentsAreRead(_ text: String, _ milliseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "2026-01-02", "2026-01-02 15:04:05Z", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z",
    "2026-01-02T24:00:00Z", "2026-01-02T15:04:05", "2026-01-02T15:04:05Zx", "2026-01-02T15:04:05.Z",
    "2026-01-02T15:04:05+1:00", "2026-01-02T15:04:05+01:00x", "２026-01-02T15:04:05Z",
  ]) func whatIsNoMomentIsNone(_ text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }
}
