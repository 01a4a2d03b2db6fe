import Testing

@Suite struct LanguageTests {
  @Test func plainLabels() throws {
    #expect(try rendered("{{ $labels.instance }} is {{ $value }}") == "db1.example.com:9100 is 0.25")
  }
}
