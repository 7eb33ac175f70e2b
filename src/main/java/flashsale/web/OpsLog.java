package flashsale.web;

import flashsale.observability.Detached;
import flashsale.session.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/**
 * Who did what, when, and what came of it: the table {@code ops_action}. The entry is written before the action and
 * completed after it, so nothing happens without one: an entry that still says {@code started} is of an action whose
 * end nobody saw.
 */
final class OpsLog {

    static final int MAX_LISTED = 200;

    /** So long PostgreSQL has to take the entry of somebody who only looks; less than the call may take. */
    private static final Duration A_LOOK_WAITS = Duration.ofSeconds(1);

    private static final Logger LOG = LoggerFactory.getLogger(OpsLog.class);

    private final DatabaseClient database;
    private final ProblemHandler problems;

    OpsLog(DatabaseClient database, ProblemHandler problems) {
        this.database = database;
        this.problems = problems;
    }

    /** The action between the two halves of its entry; detached, because half an action is worse than none. */
    Mono<ServerResponse> keep(String action, ServerRequest request, Principal actor, Mono<ServerResponse> work) {
        Visit visit = Visit.of(request.exchange());
        return Detached.run(begin(action, target(request), actor, visit).flatMap(entry -> work.flatMap(
                        answer -> end(entry, visit, outcome(answer)).thenReturn(answer))
                .onErrorResume(fault -> end(entry, visit, outcome(fault)).then(Mono.error(fault)))));
    }

    /**
     * As {@link #keep}, for an action that changes nothing: where its entry cannot be written it is done all the same, and a
     * line in our log tells of it.
     */
    Mono<ServerResponse> keepIfPossible(
            String action, ServerRequest request, Principal actor, Mono<ServerResponse> work) {
        Visit visit = Visit.of(request.exchange());
        Mono<Optional<Long>> begun = begin(action, target(request), actor, visit)
                .timeout(A_LOOK_WAITS)
                .map(Optional::of)
                .onErrorResume(away -> {
                    LOG.warn(
                            "User {} looks ({}, request {}) and no entry says so: {}",
                            actor.userId(),
                            action,
                            visit.requestId,
                            away.toString());
                    return Mono.just(Optional.empty());
                });
        return Detached.run(begun.flatMap(entry -> work.flatMap(answer -> Mono.justOrEmpty(entry)
                .flatMap(number -> end(number, visit, outcome(answer)).timeout(A_LOOK_WAITS, Mono.empty()))
                .thenReturn(answer))));
    }

    private Mono<Long> begin(String action, String target, Principal actor, Visit visit) {
        return database.sql("""
                        insert into ops_action (actor, action, target, outcome, request_id)
                        values (:actor, :action, :target, 'started', :request) returning id
                        """)
                .bind("actor", actor.userId())
                .bind("action", action)
                .bind("target", target)
                .bind("request", visit.requestId)
                .mapValue(Long.class)
                .one();
    }

    /** The action stands whether or not its entry could be completed, so the answer is that of the action. */
    private Mono<Void> end(long entry, Visit visit, String outcome) {
        return database.sql("update ops_action set outcome = :outcome, detail = :detail where id = :id")
                .bind("outcome", outcome)
                .bind("detail", visit.note)
                .bind("id", entry)
                .fetch()
                .rowsUpdated()
                .then()
                .onErrorResume(fault -> {
                    LOG.warn("The outcome {} of ops action {} was not noted", outcome, entry, fault);
                    return Mono.empty();
                });
    }

    Mono<List<OpsViews.ActionJson>> newest(int limit) {
        return database.sql("""
                        select id, actor, action, target, detail, outcome, request_id, occurred_at
                        from ops_action order by id desc limit :limit
                        """)
                .bind("limit", limit)
                .map(row -> new OpsViews.ActionJson(
                        String.valueOf(row.get("id", Long.class)),
                        actor(row.get("actor", Long.class)),
                        String.valueOf(row.get("action", String.class)),
                        String.valueOf(row.get("target", String.class)),
                        String.valueOf(row.get("detail", String.class)),
                        String.valueOf(row.get("outcome", String.class)),
                        String.valueOf(row.get("request_id", String.class)),
                        Objects.requireNonNull(row.get("occurred_at", Instant.class))))
                .all()
                .collectList();
    }

    /** What the service did by itself was nobody's doing. */
    private static String actor(@Nullable Long userId) {
        return userId == null ? "system" : userId.toString();
    }

    private static String target(ServerRequest request) {
        Map<String, String> variables = request.pathVariables();
        String id = variables.get("id");
        String kind = kind(request.path());
        // A refused id is somebody's text: enough of it to recognise, and nothing the database cannot store.
        return id == null
                ? ""
                : kind + id.substring(0, Math.min(id.length(), 64)).replace('\0', '?');
    }

    private static String kind(String path) {
        if (path.startsWith("/api/ops/users")) {
            return "user/";
        }
        if (path.startsWith("/api/ops/orders")) {
            return "order/";
        }
        return path.startsWith("/api/ops/dead-letters") ? "dead-letter/" : "sale/";
    }

    private static String outcome(ServerResponse answer) {
        return answer instanceof Answer.Refusal refusal
                ? refusal.problem().type().slug()
                : "done";
    }

    private String outcome(Throwable fault) {
        return problems.problem(fault).type().slug();
    }
}
