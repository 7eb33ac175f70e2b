package flashsale;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** Which room may see which, and why. */
@AnalyzeClasses(packages = "flashsale", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    /** Seen by all rooms: they know none of them. */
    private static final String[] GROUND = {"observability", "database", "loops"};

    @ArchTest
    static final ArchRule theRoomsHaveNoCycle = slices().matching("flashsale.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a room that can be read alone can also be changed alone");

    @ArchTest
    static final ArchRule redisSeesNoRoom =
            room("redis").because("keys and scripts are the ground the rooms stand on; they know no business");

    @ArchTest
    static final ArchRule stockSeesOnlyRedis = room("stock", "redis")
            .because("holding units must be testable on a bare Redis, and must not learn what an order is");

    @ArchTest
    static final ArchRule saleSeesStock =
            room("sale", "stock", "redis", "order").because("warm-up and audit ask both stores where the units are");

    @ArchTest
    static final ArchRule orderSeesStock = room("order", "stock", "redis")
            .because("recovery settles and releases holds, while the catalogue asks the orders and not the reverse");

    @ArchTest
    static final ArchRule idempotencyIsAlone =
            room("idempotency", "redis").because("whether two taps are the same does not depend on what they buy");

    @ArchTest
    static final ArchRule admissionIsAlone =
            room("admission", "redis").because("a limit must be decided before anything of the purchase is looked at");

    @ArchTest
    static final ArchRule sessionIsAlone =
            room("session", "redis").because("who is logged in must stay answerable while a sale is in trouble");

    @ArchTest
    static final ArchRule purchaseTellsTheStory = room(
                    "purchase", "idempotency", "admission", "sale", "order", "stock", "redis")
            .because("the purchase story is told once, above the rooms it visits and below HTTP");

    @ArchTest
    static final ArchRule rehearsalSeesTheStores = room("rehearsal", "admission", "sale", "order", "stock", "redis")
            .because(
                    "it plays a purchase against both stores, meets HTTP from outside like any client, and has itself forgotten");

    @ArchTest
    static final ArchRule planIsAlone =
            room("plan").because("capacity is planned where nothing of the service runs: it is arithmetic");

    @ArchTest
    static final ArchRule theGroundSeesNoRoom = classes()
            .that()
            .resideInAnyPackage(packages(GROUND))
            .should()
            .onlyDependOnClassesThat(in(GROUND))
            .allowEmptyShould(true)
            .because("what every room may see must see no room, or all of them are tied together");

    @ArchTest
    static final ArchRule analyticsIsNeverCalled = noClasses()
            .that()
            .resideOutsideOfPackage("flashsale.analytics..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("flashsale.analytics..")
            .because("business numbers listen to events; a purchase must not wait for them or fail with them");

    @ArchTest
    static final ArchRule onlyTheWebRoomKnowsHttp = noClasses()
            .that()
            .resideInAnyPackage(
                    packages("purchase", "sale", "stock", "order", "idempotency", "admission", "session", "redis"))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.springframework.web..",
                    "org.springframework.http..",
                    "reactor.netty.http..",
                    "flashsale.web..")
            .because("a refusal is a value; one place turns it into HTTP");

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .should()
            .haveNameMatching(".*(Impl|Utils?|Manager|Helper)")
            .because("such a name tells only that none was found");

    /** A room sees itself, the ground, the rooms named, and everything that is not ours. */
    private static ArchRule room(String name, String... mayAlsoSee) {
        String[] visible = Stream.of(Stream.of(name), Stream.of(mayAlsoSee), Stream.of(GROUND))
                .flatMap(names -> names)
                .toArray(String[]::new);
        return classes()
                .that()
                .resideInAPackage("flashsale." + name + "..")
                .should()
                .onlyDependOnClassesThat(in(visible));
    }

    private static DescribedPredicate<JavaClass> in(String... rooms) {
        return resideInAnyPackage(packages(rooms))
                .or(DescribedPredicate.not(resideInAnyPackage("flashsale..")))
                .as("are in %s or not ours", String.join(", ", rooms));
    }

    private static String[] packages(String... rooms) {
        return Stream.of(rooms).map(room -> "flashsale." + room + "..").toArray(String[]::new);
    }
}
