package import Model

/// What is exported of workloads. Labels: `workload`, and `region` for the region that would take over.
package enum ReadinessFamilies {
  package static let recoveryPoint = MetricFamily.gauge(
    "farwatch_recovery_point_timestamp_seconds",
    "Newest time up to which all data of the workload could be had in the region, from replicas or backups.")
  /// Labels besides: `provenance`, `via`.
  package static let provenance = MetricFamily.gauge(
    "farwatch_recovery_point_info", "1: from what the recovery point follows (replica or backup), and which.")
  package static let dataAtRisk = MetricFamily.gauge(
    "farwatch_data_at_risk_seconds",
    "Age of the recovery point: what failing over to the region now would lose."
  )
  package static let estimate = MetricFamily.gauge(
    "farwatch_estimated_recovery_seconds",
    "How long failing over to the region takes, as measured before (label source); absent when never measured."
  )
  package static let lastProven = MetricFamily.gauge(
    "farwatch_recovery_proven_timestamp_seconds", "When the estimate was measured.")
  /// Labels besides: `state`.
  package static let state = MetricFamily.gauge(
    "farwatch_failover_state", "Whether failing over to the region would do: 1 for ok, bad, unknown or stale."
  )
  /// Labels besides: `reason`.
  package static let ready = MetricFamily.gauge(
    "farwatch_failover_ready",
    "1 for reason=\"ready\" when failing over would do, else 1 for each reason why it would not or is not known to."
  )
  /// Labels: `workload`, `region`.
  package static let inCharge = MetricFamily.gauge(
    "farwatch_workload_in_charge",
    "1 for regions that accept the workload's writes or that people are sent to.")
  /// Labels: `workload`, `kind`.
  package static let conflict = MetricFamily.gauge(
    "farwatch_workload_conflict",
    "1 while two regions each seem to be the one: writers, or steering and role.")
  /// Labels: `workload`.
  package static let objectiveRecoveryPoint = MetricFamily.gauge(
    "farwatch_objective_recovery_point_seconds", "Most data that the workload may lose, as time (RPO).")
  package static let objectiveRecoveryTime = MetricFamily.gauge(
    "farwatch_objective_recovery_time_seconds", "Longest time until the workload may go on (RTO).")
  package static let objectiveAvailability = MetricFamily.gauge(
    "farwatch_objective_availability_ratio", "Part of the time in which the workload is to serve.")
  /// Labels: `workload`, `from`, `to`, `kind`.
  package static let failovers = MetricFamily.counter(
    "farwatch_failovers_total",
    "Failovers that came to the point where another region served, since the start.")
  /// Of the newest that was measured. Labels: `workload`, `from`, `to`, `kind`.
  package static let failoverTook = MetricFamily.gauge(
    "farwatch_failover_recovery_time_seconds",
    "From the first bad sample until the other region served (RTO).")
  package static let failoverLost = MetricFamily.gauge(
    "farwatch_failover_data_lost_seconds",
    "From what the other region was complete up to until the first bad sample (RPO).")
  package static let failoverAt = MetricFamily.gauge(
    "farwatch_failover_timestamp_seconds", "When the newest measured failover began.")
  /// Labels: `workload`, `step`.
  package static let failoverStep = MetricFamily.gauge(
    "farwatch_failover_step_timestamp_seconds", "When each step of the newest failover was taken.")
  /// Labels: `workload`.
  package static let failoverRunning = MetricFamily.gauge(
    "farwatch_failover_in_progress", "1 from the first bad sample until a region serves again.")

  package static let all = [
    recoveryPoint, provenance, dataAtRisk, estimate, lastProven, state, ready, inCharge, conflict,
    objectiveRecoveryPoint, objectiveRecoveryTime, objectiveAvailability, failovers, failoverTook,
    failoverLost, failoverAt, failoverStep, failoverRunning,
  ]
}
