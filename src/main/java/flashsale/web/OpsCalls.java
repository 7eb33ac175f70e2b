package flashsale.web;

import flashsale.order.outbox.DeadLetters;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleDesk;
import flashsale.sale.StockPosition;
import flashsale.session.Principal;
import flashsale.session.Role;
import flashsale.session.RoleChange;
import flashsale.session.Users;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What operations can do. Each call runs inside {@link OpsLog#keep}, which also shields it from disconnects. */
final class OpsCalls {

    private static final Mono<ServerResponse> NO_SUCH_USER =
            Answer.problem(ProblemType.NOT_FOUND, "There is no user with this id.");

    private static final Mono<ServerResponse> LAST_OF_OPERATIONS = Answer.problem(
            ProblemType.ILLEGAL_TRANSITION,
            "Nobody else has the role OPS. Give it to another user first. Nothing was changed.");

    private static final Mono<ServerResponse> NO_SUCH_DEAD_LETTER =
            Answer.problem(ProblemType.NOT_FOUND, "There is no dead letter with this id (any more).");

    private static final Mono<ServerResponse> TOO_MANY_SALES = Answer.problem(
            ProblemType.TOO_MANY_SALES,
            SaleBoard.MOST_SALES
                    + " sales are on or coming, and a node sells no more. Wait until one of them has ended.");

    private final SaleDesk desk;
    private final DeadLetters deadLetters;
    private final Users users;
    private final OpsLog log;
    private final Clock clock;

    OpsCalls(SaleDesk desk, DeadLetters deadLetters, Users users, OpsLog log, Clock clock) {
        this.desk = desk;
        this.deadLetters = deadLetters;
        this.users = users;
        this.log = log;
        this.clock = clock;
    }

    Mono<ServerResponse> create(ServerRequest request, Principal principal) {
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies::sale)
                .flatMap(desk::create)
                .flatMap(sale -> {
                    Visit.of(request.exchange()).note = "sale/" + sale.id() + " stock=" + sale.stock();
                    Instant now = clock.instant();
                    return Answer.json(
                            ServerResponse.created(URI.create("/api/sales/" + sale.id())),
                            SaleViews.SaleJson.of(sale, now, now));
                })
                .switchIfEmpty(TOO_MANY_SALES);
    }

    Mono<ServerResponse> preheat(ServerRequest request, Principal principal) {
        return position(request, desk::preheat, OpsViews.PreheatJson::of);
    }

    Mono<ServerResponse> pause(ServerRequest request, Principal principal) {
        return position(request, desk::pause, OpsViews.PositionJson::of);
    }

    Mono<ServerResponse> resume(ServerRequest request, Principal principal) {
        return position(request, desk::resume, OpsViews.PositionJson::of);
    }

    Mono<ServerResponse> restock(ServerRequest request, Principal principal) {
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies::restock)
                .doOnNext(quantity -> Visit.of(request.exchange()).note = "quantity=" + quantity)
                .flatMap(quantity -> position(
                        request,
                        saleId -> desk.restock(saleId, quantity, principal.userId()),
                        OpsViews.PositionJson::of));
    }

    private static Mono<ServerResponse> position(
            ServerRequest request, LongFunction<Mono<StockPosition>> action, Function<StockPosition, Object> view) {
        return ofSale(request, action).flatMap(position -> Answer.json(HttpStatus.OK, view.apply(position)));
    }

    Mono<ServerResponse> audit(ServerRequest request, Principal principal) {
        return ofSale(request, desk::audit).flatMap(audit -> Answer.json(HttpStatus.OK, OpsViews.AuditJson.of(audit)));
    }

    Mono<ServerResponse> sync(ServerRequest request, Principal principal) {
        return ofSale(request, saleId -> desk.sync(saleId, principal.userId()))
                .doOnNext(sync -> Visit.of(request.exchange()).note = "repaired=" + sync.repaired())
                .flatMap(sync -> Answer.json(HttpStatus.OK, OpsViews.SyncJson.of(sync)));
    }

    private static <T> Mono<T> ofSale(ServerRequest request, LongFunction<Mono<T>> action) {
        Long id = Ids.number(request.pathVariable("id"));
        return (id == null ? Mono.<T>empty() : action.apply(id))
                .switchIfEmpty(Mono.error(() -> new RequestRefused(SaleCalls.NO_SUCH_SALE)));
    }

    Mono<ServerResponse> warmUps(ServerRequest request, Principal principal) {
        int limit = limit(request);
        return Answer.json(
                HttpStatus.OK,
                new OpsViews.WarmUpsJson(desk.warmUps().stream()
                        .limit(limit)
                        .map(OpsViews.WarmUpJson::of)
                        .toList()));
    }

    Mono<ServerResponse> role(ServerRequest request, Principal principal) {
        Long id = Ids.number(request.pathVariable("id"));
        return JsonBody.read(request.exchange().getRequest())
                .map(Bodies::role)
                .doOnNext(role -> Visit.of(request.exchange()).note = "role=" + role)
                .flatMap(role -> id == null ? NO_SUCH_USER : grant(id, role));
    }

    private Mono<ServerResponse> grant(long userId, Role role) {
        return users.grant(userId, role).flatMap(change -> switch (change) {
            case RoleChange.Changed changed ->
                Answer.json(HttpStatus.OK, new OpsViews.RoleJson(Long.toString(userId), role.name()));
            case RoleChange.NoSuchUser unknown -> NO_SUCH_USER;
            case RoleChange.LastOfOperations last -> LAST_OF_OPERATIONS;
        });
    }

    Mono<ServerResponse> logOut(ServerRequest request, Principal principal) {
        Long id = Ids.number(request.pathVariable("id"));
        return id == null ? NO_SUCH_USER : logOut(request, id);
    }

    private Mono<ServerResponse> logOut(ServerRequest request, long userId) {
        return users.logOut(userId)
                .doOnNext(ended -> Visit.of(request.exchange()).note = "sessions=" + ended)
                .flatMap(ended -> Answer.json(HttpStatus.OK, new OpsViews.LoggedOutJson(Long.toString(userId), ended)))
                .switchIfEmpty(NO_SUCH_USER);
    }

    Mono<ServerResponse> deadLetters(ServerRequest request, Principal principal) {
        return deadLetters
                .newest(limit(request))
                .map(OpsViews.DeadLetterJson::of)
                .collectList()
                .flatMap(letters -> Answer.json(HttpStatus.OK, new OpsViews.DeadLettersJson(letters)));
    }

    Mono<ServerResponse> retry(ServerRequest request, Principal principal) {
        String id = request.pathVariable("id");
        return deadLetters
                .retry(id)
                .flatMap(found ->
                        found ? Answer.json(HttpStatus.ACCEPTED, new OpsViews.RetriedJson(id)) : NO_SUCH_DEAD_LETTER);
    }

    Mono<ServerResponse> actions(ServerRequest request, Principal principal) {
        return log.newest(limit(request))
                .flatMap(actions -> Answer.json(HttpStatus.OK, new OpsViews.ActionsJson(actions)));
    }

    private static int limit(ServerRequest request) {
        String given = request.queryParam("limit").orElse("100");
        Long limit = given.length() > 3 ? null : Ids.number(given);
        if (limit == null || limit > OpsLog.MAX_LISTED) {
            throw new RequestRefused(Problem.invalid("limit", "must be a whole number from 1 to " + OpsLog.MAX_LISTED));
        }
        return limit.intValue();
    }
}
