import FarwatchTesting
import Testing

@testable import Exposition

@Suite struct NegotiationTests {
  private static let plain = "text/plain; version=0.0.4; charset=utf-8; escaping="
  private static let proto =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding="
  private static let prometheus2 = """
    application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1
    """
  private static let prometheus3 = """
    application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;\
    version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1
    """

  /// What Prometheus of several versions and others send, and what Go's client library answers to it.
  static let asked: [(accept: String?, answered: String)] = [
    (nil, "\(plain)underscores"), ("*/*", "\(plain)underscores"),
    ("text/html,application/xhtml+xml,*/*;q=0.8", "\(plain)underscores"),
    (prometheus2, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"),
    (prometheus3, "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
    (
      "text/plain;version=0.0.4;q=0.2,\(proto)delimited;q=0.6,application/openmetrics-text;q=0.5",
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores"
    ),
    (
      "\(proto)text;q=0.6,application/openmetrics-text;q=0.5",
      "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
    ),
    (
      "application/openmetrics-text; version=0.0.1",
      "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
    ),
    ("application/openmetrics-text; version=2.0.0", "\(plain)underscores"),
    (
      "text/plain;version=1.0.0;escaping=\"allow-utf-8\"",
      "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
    ),
    ("text/plain;version=0.0.4;escaping=dots", "\(plain)dots"),
    ("TEXT/PLAIN; Escaping=values", "\(plain)values"),
    ("text/plain;escaping=none", "\(plain)underscores"),
    ("application/openmetrics-text;q=0,text/plain", "\(plain)underscores"),
    ("application/openmetrics-text;q=x", "\(plain)underscores"),
  ]

  @Test func theFormatIsTheOneAskedFor() {
    for (accept, answered) in Self.asked {
      #expect(ExpositionFormat.negotiate(accept: accept).contentType == answered, "\(accept ?? "nothing")")
    }
  }

  static let codings: [(accepted: String?, answered: String)] = [
    (nil, "identity"), ("", "identity"), ("gzip", "gzip"), ("deflate, br", "identity"), ("zstd", "zstd"),
    ("gzip, deflate, br, zstd", "zstd"), ("zstd;q=0.5, gzip;q=0.8", "gzip"), ("gzip;q=0", "identity"),
    ("GZIP ; q=0.2", "gzip"), ("*", "gzip"), ("*;q=0", "identity"), ("identity, gzip;q=0.5", "identity"),
    ("identity;q=0", "identity"), ("x-gzip", "gzip"), ("gzip;q=0, *", "identity"), (",;,", "identity"),
  ]

  @Test func theCodingIsTheHeaviest() {
    for (accepted, answered) in Self.codings {
      #expect(ContentCoding.negotiate(accepted: accepted).rawValue == answered, "\(accepted ?? "nothing")")
    }
  }

  @Test(arguments: [
    ("plain_name:x", "plain_name:x", "plain_name:x", "plain_name:x"),
    ("my.dotted_name", "my_dotted_name", "my_dot_dotted__name", "U__my_2e_dotted__name"),
    ("9lives", "_lives", "__lives", "U___39_lives"), ("été", "_t_", "__t__", "U___e9_t_e9_"),
    ("a b", "a_b", "a__b", "U__a_20_b"),
  ])
  func namesAreEscapedAsPrometheusDoes(
    _ name: String, _ underscores: String, _ dots: String, _ values: String
  ) {
    #expect(NameEscaping.underscores.apply(to: name) == underscores)
    #expect(NameEscaping.dots.apply(to: name) == dots)
    #expect(NameEscaping.values.apply(to: name) == values)
    #expect(NameEscaping.allowUTF8.apply(to: name) == name)
  }

  @Test func foreignFieldsNeverCrash() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededNumbers(seed: seed)
    let alphabet = Array("ab/*;,=q01. \t\"é+version".unicodeScalars)
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
      }
      #expect(ExpositionFormat.negotiate(accept: text).syntax == .text, "seed \(seed): \(text)")
      _ = ContentCoding.negotiate(accepted: text)
      _ = ExpositionDialect(contentType: text)
    }
  }
}
