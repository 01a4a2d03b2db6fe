import Collecting
import FarwatchTesting
import HTTPClient
import Model
import Probing
import StreamClient

/// One collection of a check, and the words that tests look for.
struct StreamBench {
  let client = StreamClient(name: "probing-test")
  let resolver = HostResolver()

  func run(_ settings: TCPCheckSettings) async throws -> Outcome {
    await Self.collect(try TCPCheck(settings, client: client, resolver: resolver))
  }

  func run(_ settings: TLSCheckSettings) async throws -> Outcome {
    await Self.collect(try TLSCheck(settings, client: client, resolver: resolver))
  }

  static func collect(_ collector: any Collector) async -> Outcome {
    await withCheckedContinuation { continuation in
      collector.collect { continuation.resume(returning: $0) }
    }
  }
}

extension Outcome {
  /// The value of a reading with (among others) these labels; nil when there is none.
  func streamValue(_ name: String, _ labels: [String: String] = [:]) -> Double? {
    readings.first { reading in
      reading.family.name == name && labels.allSatisfy { reading.labels[$0.key] == $0.value }
    }?.value
  }

  func streamLabel(_ label: String, of name: String) -> String? {
    readings.first { $0.family.name == name }?.labels[label]
  }

  var failureText: String {
    if case .failure(_, let detail) = verdict { detail } else { "" }
  }

  /// No series twice: the store would refuse it.
  var hasNoSeriesTwice: Bool {
    Set(readings.map { "\($0.family.name) \($0.labels)" }).count == readings.count
  }
}
