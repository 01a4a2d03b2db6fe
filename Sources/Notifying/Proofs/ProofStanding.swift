package import Model

/// How one receiver's proofs stand, for people.
package struct ProofStanding: Hashable, Sendable {
  package var receiver: ProvenReceiver
  package var lastProven: Timestamp?
  package var lastAttempt: Timestamp?
  package var consecutiveFailures: Int
  /// The newest since the start of the process, or one that was under way then.
  package var run: ProofRun?
  /// nil: only when asked for, or under way.
  package var nextAt: Timestamp?

  package init(
    receiver: ProvenReceiver, lastProven: Timestamp?, lastAttempt: Timestamp?, consecutiveFailures: Int,
    run: ProofRun?, nextAt: Timestamp?
  ) {
    self.receiver = receiver
    self.lastProven = lastProven
    self.lastAttempt = lastAttempt
    self.consecutiveFailures = consecutiveFailures
    self.run = run
    self.nextAt = nextAt
  }
}

extension ProofBook {
  /// In the order of names.
  package func standings(_ now: Timestamp) -> [ProofStanding] {
    entries.values.map {
      ProofStanding(
        receiver: $0.receiver, lastProven: $0.lastProven, lastAttempt: $0.lastAttempt,
        consecutiveFailures: $0.consecutiveFailures, run: $0.run, nextAt: dueAt($0, now))
    }.sorted { ($0.receiver.name, $0.receiver.key) < ($1.receiver.name, $1.receiver.key) }
  }

  /// Of a receiver that was never tried there is nothing but, where it is proven by schedule, since when and how
  /// often: never is neither 1970 nor zero failures.
  package var readings: [Reading] {
    entries.values.sorted { $0.receiver.key < $1.receiver.key }.flatMap { entry -> [Reading] in
      let labels = entry.receiver.labels
      var readings: [Reading] = []
      if let last = entry.lastProven {
        readings.append(Reading(ProofMetrics.lastProven, last.seconds, labels: labels))
      }
      if entry.lastProven != nil || entry.consecutiveFailures > 0 {
        readings.append(
          Reading(ProofMetrics.failures, Double(entry.consecutiveFailures), labels: labels))
      }
      if let every = settings.every, let since = entry.scheduledSince {
        readings.append(Reading(ProofMetrics.interval, every.inSeconds, labels: labels))
        readings.append(Reading(ProofMetrics.since, since.seconds, labels: labels))
      }
      return readings
    }
  }
}

enum ProofMetrics {
  static let lastProven = MetricFamily.gauge(
    "farwatch_receiver_last_proven_timestamp_seconds",
    "When the receiver last took a proof page; absent until it did.")
  static let failures = MetricFamily.gauge(
    "farwatch_receiver_proof_consecutive_failures",
    "Proof pages in a row that the receiver did not take; absent until one was tried.")
  static let interval = MetricFamily.gauge(
    "farwatch_receiver_proof_interval_seconds",
    "How often the receiver is to be proven; absent for one that is not proven by schedule.")
  static let since = MetricFamily.gauge(
    "farwatch_receiver_proof_scheduled_timestamp_seconds",
    "Since when the receiver is proven by schedule; absent for one that is not.")
}
