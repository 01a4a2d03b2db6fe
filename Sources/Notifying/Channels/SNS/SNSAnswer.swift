internal import Model

/// What a visit to a SubscribeURL or UnsubscribeURL is answered with.
package struct SNSAnswer: Hashable, Sendable {
  package var status: Int
  package var body: String
  package static let contentType = "text/xml"

  /// A link with an unknown action, or one that lacks a parameter.
  package static func invalidParameter(_ message: String, requestID: String) -> SNSAnswer {
    error(400, "InvalidParameter", message, requestID)
  }

  static func error(_ status: Int, _ code: String, _ message: String, _ requestID: String) -> SNSAnswer {
    let body = """
      <ErrorResponse xmlns="\(namespace)">
        <Error>
          <Type>Sender</Type>
          <Code>\(escapedMarkup(code))</Code>
          <Message>\(escapedMarkup(message))</Message>
        </Error>
        <RequestId>\(escapedMarkup(requestID))</RequestId>
      </ErrorResponse>

      """
    return SNSAnswer(status: status, body: body)
  }

  private static let namespace = "http://sns.amazonaws.com/doc/2010-03-31/"

  fileprivate static func confirmed(_ subscriptionARN: String, _ requestID: String) -> SNSAnswer {
    let body = """
      <ConfirmSubscriptionResponse xmlns="\(namespace)">
        <ConfirmSubscriptionResult>
          <SubscriptionArn>\(escapedMarkup(subscriptionARN))</SubscriptionArn>
        </ConfirmSubscriptionResult>
        <ResponseMetadata>
          <RequestId>\(escapedMarkup(requestID))</RequestId>
        </ResponseMetadata>
      </ConfirmSubscriptionResponse>

      """
    return SNSAnswer(status: 200, body: body)
  }

  fileprivate static func unsubscribed(_ requestID: String) -> SNSAnswer {
    let body = """
      <UnsubscribeResponse xmlns="\(namespace)">
        <ResponseMetadata>
          <RequestId>\(escapedMarkup(requestID))</RequestId>
        </ResponseMetadata>
      </UnsubscribeResponse>

      """
    return SNSAnswer(status: 200, body: body)
  }
}

/// What came of a visit to a SubscribeURL.
package enum ConfirmationAnswer: Hashable, Sendable {
  /// Now, or before: visiting twice does no harm.
  case confirmed(subscriptionARN: String)
  case unknownTopic
  /// Wrong for every subscription of the topic.
  case invalidToken

  /// - Parameter requestID: any text that finds this visit in the logs, usually a UUID.
  package func answer(requestID: String) -> SNSAnswer {
    switch self {
    case .confirmed(let arn): .confirmed(arn, requestID)
    case .unknownTopic: .error(404, "NotFound", "Topic does not exist", requestID)
    case .invalidToken: .error(400, "InvalidParameter", "Invalid parameter: Token", requestID)
    }
  }
}

/// What came of a visit to an UnsubscribeURL.
package enum UnsubscribeAnswer: Hashable, Sendable {
  case unsubscribed
  case unknownSubscription

  package func answer(requestID: String) -> SNSAnswer {
    switch self {
    case .unsubscribed: .unsubscribed(requestID)
    case .unknownSubscription: .error(404, "NotFound", "Subscription does not exist", requestID)
    }
  }
}
