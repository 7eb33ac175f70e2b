package flashsale.web;

import flashsale.admission.Priority;
import flashsale.purchase.TapHistory;
import flashsale.sale.SaleBoard;
import flashsale.sale.SaleView;
import flashsale.sale.degradation.SalePages;
import flashsale.session.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** What is on sale, and what became of my taps. */
final class SaleCalls {

    static final Problem NO_SUCH_SALE = Problem.of(ProblemType.SALE_NOT_FOUND, "There is no sale with this id.");

    private final SaleBoard sales;
    private final SalePages pages;
    private final SaleEvents events;
    private final TapHistory taps;
    private final Turnstile turnstile;
    private final Clock clock;
    private final CacheControl cacheControl;
    private final Duration maxAge;
    /** Odd, and its multiples far apart: 2^64 by the golden ratio. */
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    private final Duration deadline;

    SaleCalls(
            SaleBoard sales,
            SalePages pages,
            SaleEvents events,
            TapHistory taps,
            Turnstile turnstile,
            Clock clock,
            WebSettings settings) {
        this.sales = sales;
        this.pages = pages;
        this.events = events;
        this.taps = taps;
        this.turnstile = turnstile;
        this.clock = clock;
        this.maxAge = settings.saleMaxAge();
        this.cacheControl = CacheControl.maxAge(settings.saleMaxAge()).cachePublic();
        this.deadline = settings.deadline();
    }

    Mono<ServerResponse> all(ServerRequest request) {
        Instant now = clock.instant();
        SalePages.Listing listing = pages.all();
        List<SaleViews.SaleJson> listed = listing.views().stream()
                .map(view -> SaleViews.SaleJson.of(view, now, null))
                .toList();
        long tag = listed.stream().mapToLong(SaleCalls::tag).reduce(0, (all, one) -> all * SPREAD + one);
        return Answer.json(cacheable(tag, listing.age()), new SaleViews.SalesJson(listed, now));
    }

    Mono<ServerResponse> one(ServerRequest request) {
        Long id = Ids.number(request.pathVariable("id"));
        SalePages.Page known = id == null ? null : pages.of(id);
        return known == null ? lookUp(id, pages::find).flatMap(this::show) : show(known);
    }

    private Mono<ServerResponse> show(SalePages.Page page) {
        SaleView view = page.view();
        Instant now = clock.instant();
        long tag = tag(SaleViews.SaleJson.of(view, now, null));
        return Answer.json(cacheable(tag, page.age()), SaleViews.SaleJson.of(view, now, now));
    }

    /**
     * A record's own hash adds 31 times the stock to what is available, so a restock and some purchases would cancel out;
     * and that of its state is another one on every node.
     */
    private static long tag(SaleViews.SaleJson sale) {
        return (sale.toString().hashCode() * SPREAD + sale.stock()) * SPREAD + sale.available();
    }

    /**
     * Weak: two answers of one tag differ in serverTime alone. What is older than usual says so, and lives longer by as
     * much: else every cache in front would ask again for each reader, just when nothing newer can be had.
     */
    private ServerResponse.BodyBuilder cacheable(long tag, @Nullable Duration age) {
        ServerResponse.BodyBuilder answer = ServerResponse.ok().eTag("W/\"" + Long.toHexString(tag) + "\"");
        return age == null
                ? answer.cacheControl(cacheControl)
                : answer.cacheControl(CacheControl.maxAge(maxAge.plus(age)).cachePublic())
                        .header(HttpHeaders.AGE, Long.toString(age.toSeconds()));
    }

    Mono<ServerResponse> watch(ServerRequest request) {
        return find(Ids.number(request.pathVariable("id"))).flatMap(view -> events.stream(view.id()));
    }

    Mono<ServerResponse> mine(ServerRequest request, Principal principal) {
        return find(Ids.number(request.pathVariable("id")))
                .flatMap(view -> taps.mine(principal.userId(), view.id()))
                .flatMap(report -> Answer.json(HttpStatus.OK, OrderViews.TapsJson.of(report)));
    }

    /** What this node knows needs nobody's leave; who asks for ids it does not know is the last to be let through. */
    private Mono<SaleView> find(@Nullable Long id) {
        SaleView known = id == null ? null : sales.known(id);
        return known != null ? Mono.just(known) : lookUp(id, sales::find);
    }

    private <T> Mono<T> lookUp(@Nullable Long id, LongFunction<Mono<T>> look) {
        return (id == null
                        ? Mono.<T>empty()
                        : turnstile.admit(Priority.BROWSE, look.apply(id).timeout(deadline)))
                .switchIfEmpty(Mono.error(() -> new RequestRefused(NO_SUCH_SALE)));
    }
}
