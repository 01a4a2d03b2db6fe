import Collecting
import CollectorConfiguration
import ConfigurationTypes
import FarwatchTesting
import HTTPClient
import Model
import Probing
import RemoteWrite
import StrictYAML
import TLSTransport
import TargetProbing
import Testing

/// `remote_write:` and `probe_endpoint:`.
@Suite struct FeedSectionsTests {
  private func probes(_ text: String) -> (settings: ProbeEndpointSettings, said: [String]) {
    let problems = Problems(file: "f")
    let scope = Scope(regions: ["r"], vantage: "v", paths: FilePaths(directory: "."))
    let settings = YAML.read(
      text, as: .mapping { ProbeEndpointSection.read($0, scope, listen: .nonEmptyString) }, problems)
    return (settings, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  private func writes(_ text: String) -> (settings: RemoteWriteSettings, said: [String]) {
    let problems = Problems(file: "f")
    let settings = YAML.read(text, as: .mapping { RemoteWriteSection.read($0) }, problems)
    return (settings, problems.list.map { "\($0.line):\($0.column): \($0.message)" })
  }

  @Test func modulesOfEveryKind() throws {
    let (settings, said) = probes(
      """
      listen: 127.0.0.1:9999
      targets: ["*.example.com", 10.0.0.0/8]
      concurrency: 3
      timeout_offset: 1s
      modules:
        http_2xx: {timeout: 3s, http: {status: [200, 204]}}
        plain: {http: }
        any2: {http: {status: 2xx}}
        tcp: {tcp: {tls: true}}
        tls: {tls: {min_validity: 14d}}
        ping: {icmp: {packets: 1}}
        grpc: {grpc: {service: s}}
        dns: {dns: {query: example.com, type: A}}
      """)
    #expect(said == [])
    #expect(settings.listen == "127.0.0.1:9999" && settings.concurrency == 3)
    #expect(settings.timeoutOffset == .seconds(1))
    #expect(settings.modules.count == 8)
    let http = try #require(settings.modules["http_2xx"] as? HTTPCheckSettings)
    #expect(http.basics.timeout == .seconds(3) && http.statuses == [200...200, 204...204])
    let tls = try #require(
      settings.modules["tcp"]?.aimed(at: "a.example.com:5", address: nil) as? TCPCheckSettings)
    #expect(tls.tls?.serverName == "a.example.com")
    let plain = probes("{targets: [a], modules: {m: {icmp: {}}}}")
    #expect(
      plain.said == [] && plain.settings.listen == "127.0.0.1:9115" && plain.settings.concurrency == 512)
    #expect(plain.settings.timeoutOffset == .milliseconds(500))
    #expect(plain.settings.modules["m"]?.basics.timeout == .seconds(10))
  }

  @Test func faultsOfProbesStandWhereTheyAre() {
    let modules = "modules: {m: {icmp: {}}}"
    for (text, said) in [
      ("{}", ["1:1: missing key `targets`", "1:1: missing key `modules`"]),
      ("{targets: [], \(modules)}", ["1:11: needs at least one target: nothing else may be probed"]),
      (
        "{targets: [\"*\"], \(modules)}",
        ["1:12: \"*\" would allow every host; name a domain, or ranges of addresses"]
      ),
      (
        "{targets: [10.0.0.0/33], \(modules)}",
        ["1:12: \"10.0.0.0/33\" is no host name, URL, address or range such as 10.0.0.0/8"]
      ),
      ("{targets: [\"a:0\"], \(modules)}", ["1:12: the port of \"a:0\" must be between 1 and 65535"]),
      ("{targets: [a], modules: {}}", ["1:25: needs at least one module"]),
      (
        "{targets: [a], modules: {m: {}}}",
        ["1:29: missing key `http` (or `tcp`, `tls`, `icmp`, `grpc`, `dns`)"]
      ),
      (
        "{targets: [a], modules: {m: {http: {url: \"http://a/\"}}}}",
        ["1:37: `url` is what a request names: leave it out"]
      ),
      (
        "{targets: [a], modules: {m: {dns: {query: a, resolvers: [1.1.1.1]}}}}",
        ["1:46: `resolvers` is what a request names: leave it out"]
      ),
      (
        "{targets: [a], modules: {m: {http: {follow_redirects: 2}}}}",
        ["1:37: a redirect could lead to what `targets` does not allow: redirects are not followed here"]
      ),
      (
        "{targets: [a], modules: {m: {icmp: {packets: 0}}}}",
        ["1:46: must be between 1 and 100, found 0"]
      ),
      (
        "{targets: [a], modules: {m: {timeout: 10m, icmp: {}}}}",
        ["1:39: must be between 10ms and 5m, found 10m"]
      ),
      ("{targets: [a], concurrency: 0, \(modules)}", ["1:29: must be between 1 and 2000, found 0"]),
      ("{targets: [a], timeout_offset: 2m, \(modules)}", ["1:32: must be between 0s and 1m, found 2m"]),
      ("{targets: [a], listen: \"\", \(modules)}", ["1:24: must not be empty"]),
      ("{targets: [a], target: b, \(modules)}", ["1:16: unknown key `target`; did you mean `targets`?"]),
    ] {
      #expect(probes(text).said == said, "\(text)")
    }
  }

  @Test func remoteWriteWithAllItsKeys() {
    let (settings, said) = writes(
      "{labels: {origin: eu}, max_size: 1MiB, max_series: 5, max_samples: 6, max_labels: 7, concurrency: 2}")
    #expect(said == [])
    #expect(settings.labels == ["origin": "eu"] && settings.concurrency == 2)
    #expect(settings.limits.decodedBytes == 1 << 20 && settings.limits.series == 5)
    #expect(settings.limits.samples == 6 && settings.limits.labelsPerSeries == 7)
    #expect(writes("{}").settings == RemoteWriteSettings())
  }

  @Test func faultsOfRemoteWriteStandWhereTheyAre() {
    for (text, said) in [
      (
        "{labels: {a-b: x}}",
        "1:10: \"a-b\" is no label name: letters, digits and _, not beginning with a digit"
      ),
      ("{max_size: 1KiB}", "1:12: must be between 64KiB and 256MiB"),
      ("{max_series: 0}", "1:14: must be between 1 and 1000000, found 0"),
      ("{max_samples: 0}", "1:15: must be between 1 and 10000000, found 0"),
      ("{max_labels: 0}", "1:14: must be between 1 and 1000, found 0"),
      ("{concurrency: 65}", "1:15: must be between 1 and 64, found 65"),
      ("{max_serie: 1}", "1:2: unknown key `max_serie`; did you mean `max_series`?"),
    ] {
      #expect(writes(text).said == [said], "\(text)")
    }
  }
}
