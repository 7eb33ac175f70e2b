package flashsale.load;

import org.junit.jupiter.api.Test;

/** Ten times what can be committed, then four fifths of it. */
class OverloadLoad {

    private static final int SECONDS = Integer.getInteger("seconds", 60);
    private static final int CAPACITY = 300;
    private static final int WARMING = 15;
    private static final int BEFORE = 20;
    private static final int AFTER = 30;
    private static final int STATUS_A_SECOND = 100;

    @Test
    void tenTimesItsCapacityAndBack() {
        try (var service = new ThrottledService(Report.jvmFlags());
                var generator = service.generator()) {
            new Overload(CAPACITY, 10, STATUS_A_SECOND, WARMING, BEFORE, SECONDS, AFTER)
                    .on(service, generator)
                    .report()
                    .check(new Overload.Bounds(0.9, 100, 0.99, 500))
                    .checkRecovered(10);
        }
    }
}
