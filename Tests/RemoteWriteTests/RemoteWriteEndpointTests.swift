import FarwatchTesting
import HTTPServer
import Model
import RemoteWrite
import SampleStore
import Synchronization
import Testing

/// What a sender gets for requests of every kind, and what is in the store then.
@Suite struct RemoteWriteEndpointTests {
  private let bench = WriteBench()

  @Test func takesSamplesAndStaleMarkers() {
    var body = WireWriter()
    body.series1([("job", "a"), ("__name__", "up")], [(bench.at(-30), 1), (bench.at(-15), 0)])
    body.series1(
      [("__name__", "gone"), ("empty", "")], [(bench.at(-30), 7), (bench.at(-15), StaleMarker.value)])
    #expect(bench.post(body) == .init(204, ""))
    #expect(bench.samples("up") == [["up{job=\"a\"}", "-30 1.0", "-15 0.0"]])
    #expect(bench.samples("gone") == [["gone", "-30 7.0"]])
    #expect(bench.newest("gone") == nil && bench.newest("up") == 0, "a stale marker ends its series")
    // The same once more is no fault: senders try again when an answer was lost.
    #expect(bench.post(body).status == 400, "older samples are out of order, though")
    var last = WireWriter()
    last.series1([("__name__", "up"), ("job", "a")], [(bench.at(-15), 0)])
    #expect(bench.post(last) == .init(204, ""))
  }

  @Test func tellsWhatIsRefusedAndTakesTheRest() {
    var body = WireWriter()
    body.series1(
      [("__name__", "x")], [(bench.at(-30), 1), (bench.at(-40), 2), (bench.at(-30), 3), (bench.at(-20), 4)])
    body.series1([("__name__", "y")], [(bench.at(700), 1), (bench.at(500), 1)])
    #expect(
      bench.post(body)
        == .init(
          400,
          "3 samples were written; refused were duplicate 1, future 1, out_of_order 1; the first series is x\n"
        ))
    #expect(bench.samples("x") == [["x", "-30 1.0", "-20 4.0"]])
    #expect(bench.samples("y") == [["y", "500 1.0"]])
    var absurd = WireWriter()
    absurd.series1([("__name__", "z")], [(.min, 1), (.min + 1, 1), (0, 1), (bench.at(700), 1), (.max, 1)])
    absurd.series1([("__name__", "y")], [(.min, 1), (.max, 1)])
    #expect(
      bench.post(absurd)
        == .init(400, "0 samples were written; refused were future 3, too_old 4; the first series is z\n"))
    #expect(bench.samples("z").isEmpty && bench.store.statistics.knownSeries == 2, "it takes no room either")
  }

  @Test func refusesLabelsThatAreNotValid() {
    for (labels, reason) in [
      ([("a", "b")], "a series has no metric name"),
      ([("__name__", "x"), ("a", "1"), ("a", "2")], "label \"a\" is there twice"),
      ([("__name__", "x y")], "\"x y\" is no metric name"), ([("__name__", "")], "\"\" is no metric name"),
      ([("__name__", "x"), ("a:b", "1")], "\"a:b\" is no label name"),
      ([("__name__", "x"), ("", "1")], "\"\" is no label name"),
      ([("__name__", "x"), ("a", String(repeating: "v", count: 8193))], "label \"a\" is too long"),
      ([("__name__", "x")] + (0..<64).map { ("l\($0)", "1") }, "a series has more than 64 labels"),
    ] as [([(String, String)], String)] {
      var body = WireWriter()
      body.series1(labels, [(bench.at(0), 1)])
      body.series1([("__name__", "good"), ("reason", reason)], [(bench.at(0), 1)])
      #expect(
        bench.post(body) == .init(400, "1 samples were written; refused were invalid 1; \(reason)\n"))
    }
  }

  @Test func whatIsOursIsNotWrittenByOthers() {
    for name in ["probe_success", "farwatch_ready"] {
      var body = WireWriter()
      body.series1([("__name__", name), ("check", "api")], [(bench.at(0), 1)])
      let answer = bench.post(body)
      #expect(answer.status == 400 && answer.text.contains("own_series 1; the first series is \(name){"))
      var other = WireWriter()
      other.series1([("__name__", name), ("check", "api"), ("instance", "b:1")], [(bench.at(0), 1)])
      #expect(bench.post(other).status == 204)
    }
  }

  @Test func addsLabelsThatTheSenderDidNotSet() {
    var settings = RemoteWriteSettings()
    settings.labels = ["origin": "remote", "region": "eu"]
    let bench = WriteBench(settings)
    var body = WireWriter()
    body.series1([("__name__", "x"), ("region", "us")], [(bench.at(0), 1)])
    #expect(bench.post(body).status == 204)
    #expect(bench.samples("x").first?.first == "x{origin=\"remote\", region=\"us\"}")
  }

  @Test func limitsRefuseTheWholeRequest() {
    var settings = RemoteWriteSettings()
    settings.limits.series = 2
    settings.limits.samples = 3
    settings.limits.decodedBytes = 4096
    let bench = WriteBench(settings)
    var many = WireWriter()
    for name in ["a", "b", "c"] { many.series1([("__name__", name)], [(bench.at(0), 1)]) }
    #expect(bench.post(many) == .init(413, "more than 2 series in one request\n"))
    var long = WireWriter()
    long.series1([("__name__", "d")], (0..<4).map { (bench.at(Int64($0)), 1) })
    #expect(bench.post(long).status == 400)
    var big = WireWriter()
    big.text(3, String(repeating: "m", count: 5000))
    #expect(bench.post(big).status == 413)
    #expect(bench.samples("a").isEmpty && bench.samples("d").isEmpty)
  }

  @Test func theHeadersDecideWhatIsRead() {
    var body = WireWriter()
    body.series1([("__name__", "x")], [(bench.at(0), 1)])
    #expect(bench.post(body, type: "application/x-protobuf;proto=prometheus.WriteRequest").status == 204)
    #expect(bench.post(body, type: nil, encoding: nil).status == 204)
    #expect(bench.post(body, type: "application/json").status == 415)
    #expect(
      bench.post(body, type: "application/x-protobuf;proto=io.prometheus.write.v3.Request").status == 415)
    #expect(bench.post(body, encoding: "gzip").status == 415)
    #expect(bench.endpoint.answer(HTTPServerRequest(method: "GET", path: "/api/v1/write")).status == 405)
    #expect(bench.post(raw: [1, 2, 3]) == .init(400, "the bytes are no Snappy block\n"))
    var broken = WireWriter()
    broken.bytes = [10, 200]
    #expect(bench.post(broken).status == 400)
  }

  @Test func versionTwoSaysHowManyWereWritten() {
    var body = WireWriter()
    for symbol in ["", "__name__", "x", "job", "b"] { body.text(4, symbol) }
    body.message(5) { series in
      series.packed(1, [3, 4, 1, 2])
      series.sample((bench.at(-5), 2.5))
      series.sample((bench.at(-9), 1))
      series.message(3) { $0.histogram(at: bench.at(-1)) }
    }
    let answer = bench.post(body, type: "application/x-protobuf;proto=io.prometheus.write.v2.Request")
    #expect(answer.status == 400)
    #expect(
      answer.written == [
        "X-Prometheus-Remote-Write-Samples-Written": "1",
        "X-Prometheus-Remote-Write-Histograms-Written": "1",
        "X-Prometheus-Remote-Write-Exemplars-Written": "0",
      ])
    #expect(bench.samples("x") == [["x{job=\"b\"}", "-5 2.5", "-1 histogram 6.0 12.5 [1.0, 3.0, 2.0]"]])
    var lost = WireWriter()
    for symbol in ["", "__name__"] { lost.text(4, symbol) }
    lost.message(5) { $0.packed(1, [1, 2]) }
    #expect(
      bench.post(lost, type: "application/x-protobuf;proto=io.prometheus.write.v2.Request").text
        == "the request cannot be read: a label refers to a symbol that is not there\n")
  }

  @Test func histogramsThatContradictThemselvesAreLeftOut() {
    for (offset, length, reason) in [
      (-2, 4, "a histogram contradicts itself: "),
      (Int64(Int32.max), 3, "a histogram has buckets beyond all numbers"),
      (Int64(Int32.min), UInt64(UInt32.max), "a histogram has buckets beyond all numbers"),
    ] as [(Int64, UInt64, String)] {
      var body = WireWriter()
      body.message(1) { series in
        series.message(1) {
          $0.text(1, "__name__")
          $0.text(2, "h")
        }
        series.message(4) { $0.histogram(at: bench.at(-1), offset: offset, length: length) }
      }
      body.series1([("__name__", "good"), ("offset", "\(offset)")], [(bench.at(0), 1)])
      let answer = bench.post(body)
      #expect(answer.status == 400)
      #expect(
        answer.text.hasPrefix("1 samples were written; refused were invalid 1; \(reason)"), "\(answer.text)")
    }
    #expect(bench.samples("h").isEmpty)
  }

  @Test func aStoreThatDoesNotAnswerIsTriedAgain() {
    let endpoint = RemoteWriteEndpoint(RemoteWriteSettings()) { _ in nil }
    var body = WireWriter()
    body.series1([("__name__", "x")], [(0, 1)])
    let answer = endpoint.answer(
      HTTPServerRequest(method: "POST", path: RemoteWriteEndpoint.path, body: body.block))
    #expect(answer.status == 503 && answer.headers.contains(HTTPServerField("Retry-After", "1")))
    #expect(endpoint.statistics.requests == [503: 1])
  }

  @Test func aLongRequestComesInSlicesInOrder() {
    let slices = Mutex<[Int]>([])
    let endpoint = RemoteWriteEndpoint(RemoteWriteSettings()) { slice in
      slices.withLock { $0.append(slice.reduce(0) { $0 + $1.count }) }
      return WriteTally()
    }
    var body = WireWriter()
    body.series1([("__name__", "x")], (0..<1700).map { ($0, 1) })
    _ = endpoint.answer(HTTPServerRequest(method: "POST", path: RemoteWriteEndpoint.path, body: body.block))
    #expect(slices.withLock { $0 } == [500, 500, 500, 200])
  }

  @Test func survivesDamagedRequests() {
    let seed = UInt64.random(in: 0 ... .max)
    var numbers = SeededNumbers(seed: seed)
    var good = WireWriter()
    for symbol in ["", "__name__", "x", "job"] { good.text(4, symbol) }
    good.message(5) { series in
      series.packed(1, [1, 2, 3, 2])
      series.sample((bench.at(0), 1))
      series.message(3) { $0.histogram(at: bench.at(1)) }
    }
    good.series1([("__name__", "x"), ("job", "y")], [(bench.at(0), 1)])
    for _ in 0..<5000 {
      var body = good
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        let place = Int.random(in: 0..<body.bytes.count, using: &numbers)
        body.bytes[place] = UInt8.random(in: 0...255, using: &numbers)
      }
      if numbers.chance(20) { body.bytes.removeLast(Int.random(in: 0..<20, using: &numbers)) }
      let type = numbers.chance(50) ? nil : "application/x-protobuf;proto=io.prometheus.write.v2.Request"
      #expect([204, 400, 413].contains(bench.post(body, type: type).status), "seed \(seed)")
    }
  }
}
