internal import Collecting
internal import Exposition
internal import HTTPClient
internal import Model
internal import Secrets

/// Reads a metrics page of another program.
final class ScrapeCollector: Collector {
  let description: CollectorDescription
  private let settings: ScrapeSettings
  private let client: HTTPClient
  private let time: any TimeSource
  private let pages: PageReadings
  private static let accepted =
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    + "text/plain;version=0.0.4;q=0.3,application/vnd.google.protobuf;"
    + "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.2,*/*;q=0.1"

  init(_ settings: ScrapeSettings, client: HTTPClient, time: any TimeSource) {
    self.settings = settings
    self.client = client
    self.time = time
    description = settings.description
    var pages = PageReadings(own: settings.targetLabels)
    pages.limits = settings.limits
    pages.rules = settings.rules
    pages.honorsLabels = settings.honorsLabels
    self.pages = pages
  }

  func collect(_ completion: @escaping @Sendable (Outcome) -> Void) {
    let startedAt = time.now
    let start = time.monotonic
    let request: HTTPRequest
    do throws(PageReadings.Refusal) {
      request = try makeRequest()
    } catch {
      return completion(outcome(.failure(error.reason, detail: error.description), nil, startedAt, start))
    }
    client.start(request) { [self] result in
      let read = read(result)
      switch read {
      case .success(let page): completion(outcome(.success, page, startedAt, start))
      case .failure(let refusal):
        completion(outcome(.failure(refusal.reason, detail: refusal.description), nil, startedAt, start))
      }
    }
  }

  private func makeRequest() throws(PageReadings.Refusal) -> HTTPRequest {
    var request = HTTPRequest(url: settings.url)
    request.headers = [
      HTTPHeader("Accept", Self.accepted),
      HTTPHeader("X-Prometheus-Scrape-Timeout-Seconds", NumberText.plain(settings.basics.timeout.inSeconds)),
    ]
    request.headers += settings.headers
    for (name, file) in settings.headerFiles.sorted(by: { byteOrder($0.key, $1.key) }) {
      do throws(SecretSource.Failure) {
        let value = try SecretSource.file(file).readFirstLine()
        request.headers.append(HTTPHeader(name, value, isSecret: true))
      } catch { throw .init(reason: .configuration, description: error.description) }
    }
    request.timeout = settings.basics.timeout
    request.verifyPeer = settings.verifyPeer
    request.caFile = settings.caFile
    request.bodyLimit = settings.limits.bodyBytes
    request.readLimit = settings.limits.bodyBytes
    request.acceptCompressed = true
    request.redirects = .upTo(5)
    return request
  }

  private func read(_ result: HTTPResult) -> Result<PageReadings.Page, PageReadings.Refusal> {
    if let failure = result.failure {
      return .failure(.init(reason: failure.reason, description: failure.detail))
    }
    guard let status = result.status, status == 200 else {
      let reason: FailureReason =
        switch result.status {
        case 401?: .authentication
        case 403?: .permission
        case 404?: .missing
        default: .status
        }
      return .failure(
        .init(reason: reason, description: "answered \(result.status.map { "\($0)" } ?? "nothing")"))
    }
    // Whatever else a server calls its page, such as text/html by mistake, is read as text, or not at all.
    let dialect = ExpositionDialect(contentType: result.headers["Content-Type"] ?? "") ?? .prometheus
    do throws(PageReadings.Refusal) {
      return .success(try pages.read(result.body, dialect: dialect))
    } catch { return .failure(error) }
  }

  private func outcome(
    _ verdict: Outcome.Verdict, _ page: PageReadings.Page?, _ startedAt: Timestamp, _ start: MonotonicInstant
  ) -> Outcome {
    let took = time.monotonic - start
    let labels = settings.targetLabels
    var readings = [
      Reading(ScrapeFamilies.up, verdict == .success, labels: labels),
      Reading(ScrapeFamilies.duration, took.inSeconds, labels: labels),
    ]
    if let page {
      readings.append(Reading(ScrapeFamilies.samples, Double(page.samples), labels: labels))
      readings.append(Reading(ScrapeFamilies.kept, Double(page.readings.count), labels: labels))
      readings += page.readings
    }
    return Outcome(
      startedAt: startedAt, finishedAt: time.now, took: took, verdict: verdict, readings: readings)
  }
}
