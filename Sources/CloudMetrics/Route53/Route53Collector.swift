package import CloudAccess
internal import Collecting
package import Model
internal import Synchronization

/// Asks about one health check after the other: Route 53 answers five questions a second of a whole account.
///
/// How a check is configured is asked anew every ten minutes; why it failed last, only while checkers fail.
package final class Route53Collector: Collector {
  package let description: CollectorDescription
  private let settings: Route53Settings
  private let requester: AWSRequester
  private let endpoint: String
  private let time: any TimeSource
  private let configurations = Mutex<[String: (value: Route53Configuration, read: MonotonicInstant)]>([:])
  private static let configurationAge = Duration.seconds(600)

  package init(
    _ settings: Route53Settings, identities: AWSIdentities, time: any TimeSource = SystemTime()
  ) {
    self.settings = settings
    self.time = time
    description = settings.description
    requester = identities.requester(settings.identity)
    let own = "https://route53.\(AWSEndpoint.domain(settings.awsRegion))"
    endpoint =
      settings.endpoint.map {
        AWSEndpoint.url(service: "route53", region: settings.awsRegion, template: $0)
      } ?? own
  }

  private struct Pass: Sendable {
    let startedAt: Timestamp
    let began: MonotonicInstant
    let deadline: MonotonicInstant
    var readings: [Reading] = []
    var failures: [(String, AWSFailure)] = []
    let completion: @Sendable (Outcome) -> Void
  }

  package func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let began = time.monotonic
    next(
      settings.checks[...],
      Pass(
        startedAt: time.now, began: began, deadline: began + settings.basics.timeout, completion: completion))
  }

  private func next(_ checks: ArraySlice<Route53Settings.HealthCheck>, _ pass: Pass) {
    guard let check = checks.first else {
      return pass.completion(
        Outcome(
          startedAt: pass.startedAt, finishedAt: time.now, took: time.monotonic - pass.began,
          verdict: CloudWatchCollector.verdict(pass.failures), readings: pass.readings))
    }
    look(at: check, deadline: pass.deadline) { [self] answer in
      var pass = pass
      let labels: Labels = ["health_check": check.name, "health_check_id": check.id]
      switch answer {
      case .success(let readings): pass.readings += readings
      case .failure(let failure):
        pass.readings.append(Reading(Route53Families.up, false, labels: labels))
        pass.failures.append((check.name, failure))
      }
      next(checks.dropFirst(), pass)
    }
  }

  private func look(
    at check: Route53Settings.HealthCheck, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<[Reading], AWSFailure>) -> Void
  ) {
    configuration(of: check, deadline: deadline) { [self] answer in
      let configuration: Route53Configuration
      switch answer {
      case .failure(let failure): return completion(.failure(failure))
      case .success(let found): configuration = found
      }
      let labels: Labels = ["health_check": check.name, "health_check_id": check.id]
      guard configuration.hasCheckers else {
        return completion(
          .failure(
            AWSFailure(
              .configuration,
              "a health check of type \(configuration.type) has no checkers to ask: watch it by `cloudwatch` with the "
                + "preset `route53`")))
      }
      // Nobody looks, so there is nothing to ask.
      if configuration.isDisabled {
        return completion(
          .success(Route53Families.readings(configuration, [], lastFailure: nil, labels)))
      }
      checkers(check, "GetHealthCheckStatus", "status", deadline) { [self] answer in
        guard case .success(let checkers) = answer else { return completion(answer.map { _ in [] }) }
        guard checkers.contains(where: { !$0.isSuccess }) else {
          return completion(
            .success(Route53Families.readings(configuration, checkers, lastFailure: nil, labels)))
        }
        self.checkers(check, "GetHealthCheckLastFailureReason", "lastfailurereason", deadline) { answer in
          // Only its text is wanted: without it the rest is told all the same.
          let newest = (try? answer.get())?.max {
            ($0.checked ?? Timestamp(milliseconds: 0)) < ($1.checked ?? Timestamp(milliseconds: 0))
          }
          completion(
            .success(
              Route53Families.readings(configuration, checkers, lastFailure: newest?.shortText, labels)))
        }
      }
    }
  }

  private func configuration(
    of check: Route53Settings.HealthCheck, deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<Route53Configuration, AWSFailure>) -> Void
  ) {
    let now = time.monotonic
    if let known = configurations.withLock({ $0[check.id] }), now - known.read < Self.configurationAge {
      return completion(.success(known.value))
    }
    ask(check, "GetHealthCheck", "", deadline) { [self] answer in
      completion(
        answer.flatMap { reply in
          do throws(AWSFailure) {
            let found = try Route53Configuration(reply.body)
            configurations.withLock { $0[check.id] = (found, now) }
            return .success(found)
          } catch { return .failure(error) }
        })
    }
  }

  private func checkers(
    _ check: Route53Settings.HealthCheck, _ action: String, _ part: String, _ deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<[Route53Checker], AWSFailure>) -> Void
  ) {
    ask(check, action, "/\(part)", deadline) { answer in
      completion(
        answer.flatMap { reply in
          do throws(AWSFailure) { return .success(try Route53Checker.all(reply.body)) } catch {
            return .failure(error)
          }
        })
    }
  }

  private func ask(
    _ check: Route53Settings.HealthCheck, _ action: String, _ part: String, _ deadline: MonotonicInstant,
    _ completion: @escaping @Sendable (Result<AWSReply, AWSFailure>) -> Void
  ) {
    var call = AWSCall(
      service: "route53", region: settings.awsRegion, endpoint: endpoint, action: action,
      form: .rest(method: "GET", path: "/2013-04-01/healthcheck/\(percentEncoded(check.id))\(part)"))
    call.caFile = settings.caFile
    requester.send(call, timeout: deadline - time.monotonic) { answer in
      completion(
        answer.mapError { failure in
          var failure = failure
          if failure.reason == .permission {
            failure.message = "allow route53:\(action) (\(failure.message))"
          } else if failure.code == "NoSuchHealthCheck" {
            failure.message = "there is no health check \(check.id) in this account"
          }
          return failure
        })
    }
  }
}
