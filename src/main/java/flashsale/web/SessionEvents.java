package flashsale.web;

import flashsale.session.LiveSession;
import flashsale.session.Principal;
import flashsale.session.Sessions;
import java.time.Instant;
import java.util.Objects;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Tells a device at once that its session was ended, wherever that was done. */
final class SessionEvents {

    private final Sessions sessions;
    private final EventStreams streams;

    SessionEvents(Sessions sessions, EventStreams streams) {
        this.sessions = sessions;
        this.streams = streams;
    }

    Mono<ServerResponse> watch(ServerRequest request, Principal principal) {
        LiveSession session =
                Objects.requireNonNull(Visit.of(request.exchange()).session, "who may act has a live session");
        var active = new SessionViews.ActiveSessionJson(
                principal.sessionId(), "active", Instant.ofEpochMilli(session.endsAtMillis()));
        return streams.stream(Flux.concat(
                Flux.just(EventStreams.event("session", active)),
                sessions.end(session)
                        .map(SessionEnds::json)
                        .defaultIfEmpty(new SessionViews.SessionEndJson(null, null, null))
                        .map(end -> EventStreams.event("session-ended", end))));
    }
}
