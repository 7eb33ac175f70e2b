package flashsale.web;

import org.slf4j.spi.LoggingEventBuilder;

/** What a line of JSON has as a field of its own, to be searched by; lines for a person have it in their text. */
final class LogFields {

    private LogFields() {}

    static LoggingEventBuilder of(LoggingEventBuilder line, String requestId) {
        return line.addKeyValue("requestId", requestId);
    }
}
