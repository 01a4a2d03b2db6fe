import Model
import Testing

@Suite struct LabelsTests {
  @Test func sortedUniqueAndWithoutEmptyValues() {
    let labels = Labels([Label("b", "2"), Label("a", "1"), Label("b", "3"), Label("c", "")])
    #expect(labels.entries == [Label("a", "1"), Label("b", "3")])
    #expect(labels.setting("aa", to: "x").entries.map(\.name) == ["a", "aa", "b"])
    #expect(labels.setting("a", to: "").entries.map(\.name) == ["b"])
    #expect(labels.merging(["b": "9"])["b"] == "9")
  }

  @Test func printedLikeASeries() {
    #expect(Labels(["__name__": "up", "job": "a\"b\\\n"]).description == #"up{job="a\"b\\\n"}"#)
    #expect(Labels.empty.description == "{}")
    #expect(Labels(["__name__": "up"]).description == "up")
  }

  /// The value that Prometheus 2.42 itself gives: `labels.FromStrings("a","b").Hash()` is xxhash, its
  /// `model.LabelSet{"a":"b"}.Fingerprint()` is FNV-1a; computed here from FNV's published constants.
  @Test func fingerprintIsFNV() {
    #expect(Labels.empty.fingerprint == 14_695_981_039_346_656_037)
    #expect(Labels(["a": "b"]).fingerprint != Labels(["a": "c"]).fingerprint)
    #expect(Labels(["ab": "c"]).fingerprint != Labels(["a": "bc"]).fingerprint)
  }

  @Test func matchersReadAMissingLabelAsEmpty() {
    #expect(LabelMatcher("x", equals: "").matches(Labels.empty))
    #expect(!LabelMatcher("x", equals: "", negated: true).matches(Labels.empty))
    #expect(LabelMatcher("x", equals: "1", negated: true).matches(Labels.empty))
  }
}

@Test func labelsAreComparedByTheirBytes() {
  // Swift's own `==` holds each pair to be the same text.
  for (a, b) in [("caf\u{e9}", "cafe\u{301}"), ("q\u{323}\u{307}", "q\u{307}\u{323}")] {
    #expect(a == b && !sameBytes(a, b) && sameBytes(a, String(decoding: Array(a.utf8), as: UTF8.self)))
    #expect(Label("l", a) != Label("l", b) && Labels(["l": a]) != Labels(["l": b]))
    #expect(Set([Labels(["l": a]), Labels(["l": b]), Labels(["l": a])]).count == 2)
    let both = Labels([Label(a, "1"), Label(b, "2")])
    #expect(both.count == 2 && both[a] == "1" && both[b] == "2")
    #expect(both.setting(a, to: "").entries == [Label(b, "2")])
  }
  #expect(sameBytes("", "") && !sameBytes("", "a") && sameBytes("a", "a"))
}
