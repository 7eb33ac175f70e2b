package flashsale.sale;

import flashsale.redis.StockRedis;
import flashsale.stock.SaleClosed;
import flashsale.stock.StockLevels;
import java.util.List;
import reactor.core.publisher.Mono;

/**
 * What operations can do to a sale. Every method is lazy, is empty for an unknown sale, and fails with
 * {@link flashsale.redis.RedisUnavailable} or a {@link org.springframework.dao.DataAccessException} when a store is
 * away, with {@link SaleClosed} when it cannot be done now for another reason; repeating the call is safe for all but {@link #create} and {@link #restock}.
 */
public final class SaleDesk {

    private final Catalogue catalogue;
    private final SaleBoard board;
    private final WarmUp warmUp;
    private final WarmUpReport warmUps;
    private final Restock restock;
    private final Audit audit;
    private final Repair repair;
    private final SaleScripts scripts;
    private final StockRedis redis;
    private final StockLevels levels;

    SaleDesk(
            Catalogue catalogue,
            SaleBoard board,
            WarmUp warmUp,
            WarmUpReport warmUps,
            Restock restock,
            Audit audit,
            Repair repair,
            SaleScripts scripts,
            StockRedis redis,
            StockLevels levels) {
        this.catalogue = catalogue;
        this.board = board;
        this.warmUp = warmUp;
        this.warmUps = warmUps;
        this.restock = restock;
        this.audit = audit;
        this.repair = repair;
        this.scripts = scripts;
        this.redis = redis;
        this.levels = levels;
    }

    /** Empty when {@link SaleBoard#MOST_SALES} are on or coming already: nothing was created. */
    public Mono<SaleView> create(NewSale sale) {
        return catalogue.create(sale).flatMap(created -> board.refresh().then(board.find(created.id())));
    }

    /**
     * Seeds Redis unless it already holds this sale; never overwrites. Where another node is at it, its result is waited
     * for.
     */
    public Mono<StockPosition> preheat(long saleId) {
        return warmUp.warm(saleId).delayUntil(position -> board.refresh());
    }

    /** Of the sales that are coming or on, as this node sees them; failures first, then the soonest. */
    public List<WarmUpProgress> warmUps() {
        return warmUps.progress();
    }

    public Mono<StockPosition> pause(long saleId) {
        return setPaused(saleId, true);
    }

    public Mono<StockPosition> resume(long saleId) {
        return setPaused(saleId, false);
    }

    /** PostgreSQL first: every node honours it within a second, and the next warm-up too; then Redis, for at once. */
    private Mono<StockPosition> setPaused(long saleId, boolean paused) {
        return catalogue.setPaused(saleId, paused).flatMap(this::tellRedis).flatMap(this::position);
    }

    /**
     * Calls on two nodes may reach Redis in another order than PostgreSQL. Each looks at PostgreSQL again after it wrote
     * to Redis, so whoever writes last leaves what stands there.
     */
    private Mono<Listed> tellRedis(Listed sale) {
        if (sale.epoch() == 0) {
            return Mono.just(sale);
        }
        boolean paused = sale.sale().paused();
        return redis.connected()
                .flatMap(link -> scripts.pause(link, sale.id(), sale.epoch(), paused))
                .then(catalogue.one(sale.id()))
                .flatMap(now ->
                        now.sale().paused() == paused && now.epoch() == sale.epoch() ? Mono.just(now) : tellRedis(now));
    }

    /** Adds units; {@code actor} is the user id that stands in the ledger. */
    public Mono<StockPosition> restock(long saleId, long quantity, long actor) {
        return restock.add(saleId, quantity, actor).flatMap(this::position);
    }

    public Mono<AuditReport> audit(long saleId) {
        return audit.of(saleId);
    }

    /** Compares both stores, and puts Redis right where two readings agree; {@code actor} then stands in the ledger. */
    public Mono<SyncReport> sync(long saleId, long actor) {
        return repair.sync(saleId, actor)
                .onErrorMap(SaleClosed.class, closed -> withReason(saleId, closed))
                .delayUntil(report -> board.refresh());
    }

    /** What this node's warm-up of the sale fails for, as {@link #warmUps} has it. */
    private SaleClosed withReason(long saleId, SaleClosed closed) {
        String fails = warmUps.lastError(saleId);
        return fails == null ? closed : new SaleClosed(closed.why() + ". Its warm-up fails: " + fails);
    }

    private Mono<StockPosition> position(Listed sale) {
        return board.refresh()
                .thenReturn(sale)
                .map(refreshed -> new StockPosition(
                        sale.id(), sale.epoch(), levels.of(sale.id()).available(), false));
    }
}
