internal import Model

/// The verdict on all addresses of one host together.
struct JudgedAddresses {
  /// That of the first address that fails, or of the slowest.
  var verdict: Outcome.Verdict
  /// Which of the results it is.
  var worst: Int
  /// Readings of each address; none unless every address was probed.
  var addresses: [Reading] = []

  /// - Parameters:
  ///   - results: at least one; the address is "" unless every address was probed.
  ///   - resolved: how many addresses the host has; nil unless every address was probed.
  ///   - total: seconds that a result took.
  init<Answer>(
    _ results: [(address: String, result: Answer)], resolved: Int?, total: (Answer) -> Double,
    _ judge: (Answer) -> Outcome.Verdict
  ) {
    let verdicts = results.map { judge($0.result) }
    let slowest = results.indices.max { total(results[$0].result) < total(results[$1].result) }
    worst = verdicts.firstIndex { $0 != .success } ?? slowest ?? 0
    verdict = verdicts[worst]
    if case .failure(let reason, let detail) = verdict, !results[worst].address.isEmpty {
      verdict = .failure(reason, detail: naming(results[worst].address, detail))
    }
    guard let resolved else { return }
    addresses.append(Reading(HTTPCheckMetrics.addresses, Double(resolved)))
    for (index, answer) in results.enumerated() where !answer.address.isEmpty {
      let labels: Labels = ["address": answer.address]
      addresses.append(Reading(HTTPCheckMetrics.addressSuccess, verdicts[index] == .success, labels: labels))
      addresses.append(Reading(HTTPCheckMetrics.addressDuration, total(answer.result), labels: labels))
    }
  }
}
