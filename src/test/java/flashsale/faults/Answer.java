package flashsale.faults;

import java.net.http.HttpHeaders;
import tools.jackson.databind.JsonNode;

/** What a node said. */
record Answer(int status, HttpHeaders headers, JsonNode body) {

    String text(String field) {
        return body.path(field).asString("");
    }

    /** Of a refusal: the last part of its problem type. */
    String problem() {
        String type = text("type");
        return type.substring(type.lastIndexOf('/') + 1);
    }

    boolean replayed() {
        return headers.firstValue("Idempotency-Replayed").isPresent();
    }

    @Override
    public String toString() {
        return status + " " + body;
    }
}
