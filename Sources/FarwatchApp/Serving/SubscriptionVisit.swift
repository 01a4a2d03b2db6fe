internal import FoundationEssentials
internal import Model
internal import Notifying

/// A visit to one of the links in an SNS message.
struct SubscriptionVisit: Sendable {
  var action: String
  var topicARN: String
  var token: String
  var subscriptionARN: String

  init(_ query: [(name: String, value: String)]) {
    func value(_ name: String) -> String { query.first { $0.name == name }?.value ?? "" }
    action = value("Action")
    topicARN = value("TopicArn")
    token = value("Token")
    subscriptionARN = value("SubscriptionArn")
  }
}

extension Conductor {
  /// Answers a visit. What it changes leaves with the turn's commit.
  func answer(_ visit: SubscriptionVisit, now: Timestamp) -> SNSAnswer {
    let request = UUID().uuidString.lowercased()
    switch visit.action {
    case "ConfirmSubscription":
      let (answer, changes) = dispatcher.confirm(topicARN: visit.topicARN, token: visit.token, now: now)
      keep(changes)
      return answer.answer(requestID: request)
    case "Unsubscribe":
      let (answer, changes) = dispatcher.unsubscribe(subscriptionARN: visit.subscriptionARN, now: now)
      keep(changes)
      return answer.answer(requestID: request)
    default:
      return .invalidParameter("Action must be ConfirmSubscription or Unsubscribe", requestID: request)
    }
  }
}
