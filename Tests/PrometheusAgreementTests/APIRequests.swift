import Foundation
import Model

/// One request to the API of both.
struct APIQuestion: CustomStringConvertible {
  var path: String
  var items: [(String, String)] = []
  var method = "GET"

  var encoded: String {
    items.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
  }

  private func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  var description: String {
    "\(method) \(path)?\(items.map { "\($0.0)=\($0.1)" }.joined(separator: "&"))"
  }
}

/// What clients ask, rightly and wrongly.
///
/// Left out is what Prometheus 2.42 answers otherwise than Prometheus 3, which Farwatch follows, and what has no one
/// answer:
/// - samples on the edge of a window: 2.42 has it closed, 3 open on the left. ``SampleWorld`` puts none there;
/// - `avg`, `stddev`, `rate` and the like: 3 adds up with compensation, so the last digit may differ. The sums here
///   are of whole numbers, which have no last digit to lose;
/// - a parse error of `query_range`: 3 says `invalid parameter "query": ` before it, as both do for `query`;
/// - numbers for durations (`up[5]`), durations for numbers (`5m`), and what is expected in their places: new in 3;
/// - names of labels in all of UTF-8 (`label/1x/values`, `label_replace(up, "1a", …)`): allowed in 3;
/// - which series a span of time has, where it cuts chunks: both tell by the chunk, but theirs hold other numbers of
///   samples;
/// - a bracket too many: it is pointed at, not the place behind it;
/// - faults of regular expressions: the words are those of the library, and ours is another;
/// - which series are named as duplicates: the order of their labels' hashes decides;
/// - the order of equal elements after `sort`, and of what is sorted at every step of a range;
/// - `limit`, `lookback_delta`, warnings and infos: 2.42 does not have them yet;
/// - `timeout=0`, where 2.42 depends on which of two clocks is looked at first;
/// - `time=nan` and `time=1e300`, where Go's conversion is undefined: here they are no times;
/// - a query string with broken escapes: our server answers 400 before anybody sees it;
/// - `DELETE /series`, `/labels/` and CORS: there is no way to delete, no redirect and no invitation.
enum APIRequests {
  static let moment = SampleWorld.start + .milliseconds(6_000_500)

  static func seconds(_ time: Timestamp) -> String {
    "\(time.milliseconds / 1000).\(padded(Int(time.milliseconds % 1000), 3))"
  }

  /// Of these the answer is exact in every version.
  static let expressions = [
    "1", "1.5", "-0", "1e10", "1e21", "1e-7", "123456789.123", "NaN", "Inf", "-Inf", "time()", "pi()",
    "\"text\"", "\"<a & 'b'>\\n\\t\\\"\\\\é\"", "vector(1)", "vector(1e-9)", "vector(-1e22)",
    "vector(0.1+0.2)", "up", "up == 0", "up == 1", "sum(up)", "count(up) by (region)", "up offset 5m",
    "up @ 1772330000.5", "http_requests_total", "http_requests_total{code=\"500\"}",
    "http_requests_total{code=~\"4..|5..\",region!=\"japan\"}", "{__name__=~\"up|temp.*\"}",
    "temperature_celsius", "temperature_celsius > 20", "temperature_celsius * 2", "-temperature_celsius",
    "replication_lag_seconds", "last_backup_timestamp_seconds", "latency_seconds_bucket",
    "latency_seconds_bucket{le=\"+Inf\"}", "latency_seconds_sum", "nothing", "absent(nothing)",
    "absent(nothing{a=\"b\",c=~\"d\"})", "max(temperature_celsius)", "min by (region) (temperature_celsius)",
    "sum(http_requests_total) by (code)", "sum without (instance) (http_requests_total)",
    "count(http_requests_total)", "group by (region) (up)", "count_values(\"v\", up)",
    "topk(2, http_requests_total{region=\"japan\"})", "bottomk(1, http_requests_total)",
    "http_requests_total[1m]", "up[2m]", "temperature_celsius[90s] offset 1m",
    "http_requests_total{code=\"500\"}[5m:1m]", "max_over_time(up[5m])",
    "min_over_time(temperature_celsius[5m])",
    "count_over_time(up[5m])", "last_over_time(temperature_celsius[5m])", "changes(up[20m])",
    "resets(up[20m])",
    "sum_over_time(up[10m])", "present_over_time(up[5m])", "idelta(http_requests_total[2m])",
    "label_replace(up, \"x\", \"$1-<>&\", \"region\", \"(.*)\")",
    "label_join(up, \"y\", \"/\", \"region\", \"instance\")", "sort(temperature_celsius)",
    "sort_desc(latency_seconds_sum)",
    "up and on (region) temperature_celsius", "up or nothing", "up unless on (region) nothing",
    "up * on (region, instance) group_left (zone) temperature_celsius", "up + 1", "2 ^ up", "up == bool 1",
    "floor(temperature_celsius)", "ceil(temperature_celsius)", "round(temperature_celsius, 0.5)",
    "clamp(temperature_celsius, 19, 21)", "scalar(sum(up))", "timestamp(up)", "hour()", "day_of_week()",
    "histogram_quantile(0.5, latency_seconds_bucket)", "abs(-up)", "sgn(up - 1)", "(up)", "((1))",
    "max_over_time(sum(up)[10m:30s])", "up{region=\"\"}", "up{instance!=\"\"}",
  ]

  /// Of these it is a fault.
  static let faulty = [
    "", " ", "up+", "sum(", "sum(up", "up{", "up{a}", "up{a=b}", "up{a=\"b\"", "{}", "{a=\"\"}",
    "up[5m",
    "rate(up)", "rate(1)", "nofunc(up)", "sum by region (up)", "1 + \"a\"",
    "up == bool", "1 == 2", "up and 1", "topk(up)", "label_replace(up, \"a\", \"b\", \"c\", \"(\")",

    "up{a=\"b\"}{c=\"d\"}", "'a", "up[5m:", "up @ x",
    "up[5m] offset 1m[5m]", "-\"a\"", "up[1m][1m]", "(up[5m])[5m:1m]", "sum(up[5m])", "up bool 1", "\"\\q\"",
    "avg_over_time(up[0s])", "up # nothing", "vector(up)", "scalar(1)", "label_join(up)", "day_of_week(1)",
  ]

  static var all: [APIQuestion] { instant + range + broken + lists + others }

  private static var instant: [APIQuestion] {
    var all: [APIQuestion] = []
    for (place, query) in (expressions + faulty).enumerated() {
      let method = place % 2 == 0 ? "GET" : "POST"
      for time in [seconds(moment), moment.iso8601] {
        all.append(
          APIQuestion(path: "/api/v1/query", items: [("query", query), ("time", time)], method: method))
      }
    }
    for time in [
      "x", "2026-01-01", "1.5.5", "0x10", "", "2026-03-01T01:40:00+02:00", "1772330000.0004", "-5",
    ] {
      // Without a time, what is now.
      let query = time.isEmpty ? "vector(time() > bool 0) @" : "up"
      all.append(APIQuestion(path: "/api/v1/query", items: [("query", query), ("time", time)]))
    }
    for timeout in ["x", "10", "1m", "1h30m", "5m5", "1e30"] {
      all.append(
        APIQuestion(
          path: "/api/v1/query", items: [("query", "1"), ("time", "5"), ("timeout", timeout)], method: "POST")
      )
    }
    return all
  }

  private static var range: [APIQuestion] {
    var all: [APIQuestion] = []
    for (place, query) in expressions.enumerated() where !query.hasSuffix("]") && !query.hasPrefix("\"") {
      // What is chosen or sorted anew at every step has no order of its own.
      if query.contains("topk") || query.contains("sort") || query.contains("sort")
        || query.contains("bottomk") || query.contains("offset 1m")
      {
        continue
      }
      let step = ["15", "1m", "30.0", "90s"][place % 4]
      all.append(
        APIQuestion(
          path: "/api/v1/query_range",
          items: [
            ("query", query), ("start", seconds(moment)), ("end", seconds(moment + .seconds(600))),
            ("step", step),
          ], method: place % 2 == 0 ? "POST" : "GET"))
    }
    return all
  }

  /// Parameters of `query_range` that are wrong, each alone.
  private static var broken: [APIQuestion] {
    let good = [("query", "up"), ("start", "1772330000.5"), ("end", "1772330060.5"), ("step", "15")]
    let wrong: [(String, String)] = [
      ("start", "x"), ("start", ""), ("end", "x"), ("end", ""), ("end", "5"), ("step", "x"), ("step", ""),
      ("step", "0"), ("step", "-1"), ("step", "-1m"), ("step", "1e30"), ("step", "0.001"), ("step", "1ms"),
      ("timeout", "x"), ("start", "2026-03-01T00:00:00Z"), ("start", "5"),
    ]
    return wrong.map { name, value in
      APIQuestion(
        path: "/api/v1/query_range",
        items: good.filter { $0.0 != name } + [(name, value)])
    }
  }

  private static var lists: [APIQuestion] {
    let selectors = [
      "up", "{region=\"japan\"}", "http_requests_total{code=~\"5..\"}", "{__name__=~\"up|temp.*\"}",
      "nothing",
      "up{region!=\"japan\"}", "{zone!=\"\"}",
    ]
    let wrong = [
      "", "{}", "{a=\"\"}", "up+1", "up offset 5m", "sum(up)", "1", "\"a\"", "up[5m]", "{a=\"b\"", "(up)",
      "-up",
      "up{}{}", " up ", "rate", "by", "{a!~\".+\"}",
    ]
    var all: [APIQuestion] = []
    for (place, selector) in (selectors + wrong).enumerated() {
      let method = place % 2 == 0 ? "GET" : "POST"
      for path in ["/api/v1/series", "/api/v1/labels"] {
        all.append(APIQuestion(path: path, items: [("match[]", selector)], method: method))
      }
      for label in ["region", "__name__", "code", "le"] {
        all.append(APIQuestion(path: "/api/v1/label/\(label)/values", items: [("match[]", selector)]))
      }
    }
    all.append(APIQuestion(path: "/api/v1/series", items: [("match[]", "up"), ("match[]", "{zone!=\"\"}")]))
    all.append(APIQuestion(path: "/api/v1/labels", items: [("match[]", "up"), ("match[]", "nothing")]))
    all.append(APIQuestion(path: "/api/v1/series", items: [("match[]", "up"), ("match[]", "up+")]))
    for label in ["region", "nothing", "instance", "le", "__name__", "U__a_2e_b"] {
      all.append(APIQuestion(path: "/api/v1/label/\(label)/values"))
    }
    for span in [("2026-03-01T00:00:00Z", "2026-03-01T03:00:00Z"), ("1772323200", "1772334000")] {
      all.append(
        APIQuestion(path: "/api/v1/series", items: [("match[]", "up"), ("start", span.0), ("end", span.1)]))
      all.append(
        APIQuestion(path: "/api/v1/labels", items: [("start", span.0), ("end", span.1)], method: "POST"))
    }
    // Long before there was anything.
    all.append(APIQuestion(path: "/api/v1/series", items: [("match[]", "up"), ("start", "1"), ("end", "2")]))
    return all + [APIQuestion(path: "/api/v1/series"), APIQuestion(path: "/api/v1/labels")]
  }

  private static var others: [APIQuestion] {
    var all: [APIQuestion] = []
    for query in expressions + faulty + long {
      all.append(APIQuestion(path: "/api/v1/format_query", items: [("query", query)]))
    }
    for query in ["up", "1", "", "sum(", "rate(up[5m])"] {
      all.append(APIQuestion(path: "/api/v1/query_exemplars", items: [("query", query)], method: "POST"))
    }
    all.append(
      APIQuestion(path: "/api/v1/query_exemplars", items: [("query", "up"), ("start", "5"), ("end", "3")]))
    for path in [
      "rules", "alerts", "alertmanagers", "metadata", "targets/metadata", "status/walreplay", "nothing", "",
      "status", "label", "label/x", "label/x/values/y", "query/x",
    ] {
      all.append(APIQuestion(path: "/api/v1/\(path)"))
    }
    all.append(APIQuestion(path: "/api/v1/rules", items: [("type", "x")]))
    all.append(APIQuestion(path: "/api/v1/rules", items: [("type", "alert")]))
    for name in ["limit", "limit_per_metric"] where name == "limit" {
      all.append(APIQuestion(path: "/api/v1/metadata", items: [(name, "x")]))
    }
    for method in ["PUT", "PATCH", "OPTIONS"] {
      all.append(APIQuestion(path: "/api/v1/query", items: [("query", "1")], method: method))
    }
    all.append(APIQuestion(path: "/api/v1/rules", method: "POST"))
    all.append(APIQuestion(path: "/api/v1/label/a/values", method: "POST"))
    return all
  }

  private static let long = [
    "sum by (region, instance, something_long) (rate(http_requests_total{region=\"taiwan\",instance=\"a\",code=\"500\"}"
      + "[5m])) / sum by (region, instance) (rate(http_requests_total[5m])) > 0.05",
    "histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"api\",handler!=\"/m\","
      + "status=~\"5..\"}[5m])))",
    "(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)"
      + "[5m:1m]",
    "-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{bbbbbbbbbbbbbbbbbbbb=\"ccccccccccc\","
      + "dddd=\"eeee\"} offset 5m",
    "max_over_time((sum(rate(http_requests_total{region=\"taiwan\",instance=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""
      + "}[5m])) + on (region) group_left (a) up)[5m:1m] offset 5m)",
    "topk by (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) (5, label_replace(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
      + "\"a\", \"b\", \"c\", \"d\"))",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa == bool on (x, y) bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb "
      + "unless ignoring (q) cccccccccccc",
    "sum(max_over_time(up[5m:1m])) + sum(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)",
  ]
}
