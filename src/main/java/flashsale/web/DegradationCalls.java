package flashsale.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import flashsale.sale.degradation.Degradation;
import flashsale.sale.degradation.Degradation.Confirmation;
import flashsale.sale.degradation.Level;
import flashsale.sale.degradation.Rule;
import flashsale.session.Principal;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What operations see of degradation, and how they end it. */
final class DegradationCalls {

    record NodeJson(
            String node,
            Level level,
            boolean consistent,
            long versionLag,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Double hitRate,

            long ttlSkewSeconds,
            long behindForSeconds,
            Set<Rule> rules,
            Instant reportedAt) {

        static NodeJson of(Degradation.Node node, Instant now) {
            return new NodeJson(
                    node.name(),
                    node.level(),
                    node.consistent(),
                    node.versionLag(),
                    node.hitRate(),
                    node.ttlSkew().toSeconds(),
                    node.behindFor().toSeconds(),
                    node.rules(),
                    now.minus(node.silentFor()));
        }
    }

    record ReportJson(Level level, String reason, Instant since, List<NodeJson> nodes, List<String> storesAway) {

        static ReportJson of(Degradation.Report report, Instant now) {
            return new ReportJson(
                    report.level(),
                    report.reason(),
                    report.since(),
                    report.nodes().stream().map(node -> NodeJson.of(node, now)).toList(),
                    report.storesAway());
        }
    }

    private final Degradation degradation;
    private final Clock clock;

    DegradationCalls(Degradation degradation, Clock clock) {
        this.degradation = degradation;
        this.clock = clock;
    }

    Mono<ServerResponse> report(ServerRequest request, Principal principal) {
        return report();
    }

    private Mono<ServerResponse> report() {
        return degradation
                .report()
                .flatMap(report -> Answer.json(HttpStatus.OK, ReportJson.of(report, clock.instant())));
    }

    Mono<ServerResponse> confirm(ServerRequest request, Principal principal) {
        return degradation.confirm(principal.userId()).flatMap(confirmation -> switch (confirmation) {
            case Confirmation.Confirmed confirmed -> {
                Visit.of(request.exchange()).note = "level=" + confirmed.level();
                yield report();
            }
            case Confirmation.NotYet notYet -> {
                Visit.of(request.exchange()).note = "level=" + notYet.level() + " " + notYet.reason();
                yield Answer.problem(Problem.of(ProblemType.NOT_ALIGNED, notYet.reason())
                        .with("level", notYet.level())
                        .with("nodes", notYet.nodes()));
            }
        });
    }
}
