package flashsale.sale.degradation;

import static org.assertj.core.api.Assertions.assertThat;

import flashsale.observability.Stage;
import flashsale.sale.SaleBoard;
import flashsale.shop.Eventually;
import flashsale.shop.Shop;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What readers are shown, how old it says it is, and what counts as a hit. */
class SalePagesTest {

    private static final Duration LONG = Duration.ofHours(1);

    private final Shop shop = Shop.shared();
    private final SaleBoard board = shop.bean(SaleBoard.class);

    private SalePages pages(Duration timeToLive, int most) {
        return new SalePages(board, timeToLive, most);
    }

    @Test
    void aFreshPageHasNoAgeAndIsAHit() {
        SalePages pages = pages(LONG, 10);
        long sale = shop.listed(5, 1).id();
        assertThat(pages.of(sale)).isEqualTo(new SalePages.Page(board.known(sale), null));
        assertThat(pages.all().age()).isNull();
        assertThat(pages.reads()).isEqualTo(1);
        assertThat(pages.hits()).isEqualTo(1);
        assertThat(pages.skew()).isZero();
    }

    @Test
    void aPageBeyondItsTimeToLiveIsShownWithItsAgeAndIsAMiss() {
        SalePages pages = pages(Duration.ofNanos(1), 10);
        long sale = shop.listed(5, 1).id();
        assertThat(pages.of(sale).age()).isPositive();
        assertThat(pages.all().age()).isPositive();
        assertThat(pages.reads()).isEqualTo(1);
        assertThat(pages.hits()).isZero();
        assertThat(pages.skew()).isPositive();
    }

    @Test
    void whoAsksForWhatDoesNotExistSpoilsNoRate() {
        SalePages pages = pages(LONG, 10);
        assertThat(pages.of(Long.MAX_VALUE)).isNull();
        assertThat(pages.find(Long.MAX_VALUE).block(Shop.PATIENCE)).isNull();
        assertThat(pages.reads()).isZero();
    }

    @Test
    void degradedItShowsWhatItShowedBeforeWithItsAge() {
        SalePages pages = pages(LONG, 10);
        long sale = shop.open(5, 1);
        SalePages.Page before = pages.of(sale);
        pages.showOnlySnapshot(true);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        assertThat(pages.of(sale).view()).isEqualTo(before.view());
        assertThat(pages.of(sale).age()).isNotNull();
        pages.showOnlySnapshot(false);
        assertThat(pages.of(sale).view().sale().paused()).isTrue();
    }

    @Test
    void theSnapshotIsRenewedWhileNewerPagesAreAtHand() {
        SalePages pages = pages(Duration.ofMillis(1_500), 10);
        long sale = shop.open(5, 1);
        pages.of(sale);
        pages.showOnlySnapshot(true);
        shop.desk().pause(sale).block(Shop.PATIENCE);
        Eventually.holds(
                "the pause is shown", () -> pages.of(sale).view().sale().paused());
    }

    @Test
    void theLeastUsedPageGoesWhenThereAreTooMany() {
        SalePages pages = pages(LONG, 5);
        List<Long> sales =
                Stream.generate(() -> shop.listed(1, 1).id()).limit(12).toList();
        sales.forEach(pages::of);
        assertThat(pages.kept()).as("%s", Stage.SALE_PAGES).isLessThanOrEqualTo(5);
        assertThat(sales).allSatisfy(sale -> assertThat(pages.of(sale)).isNotNull());
    }
}
