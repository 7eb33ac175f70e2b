package flashsale.load;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** What answers say together. */
record Figures(List<Answer> answers) {

    Figures of(String kind) {
        return where(answer -> answer.kind().equals(kind));
    }

    Figures where(Predicate<Answer> condition) {
        return new Figures(answers.stream().filter(condition).toList());
    }

    int count() {
        return answers.size();
    }

    long count(Predicate<Answer> condition) {
        return answers.stream().filter(condition).count();
    }

    double share(Predicate<Answer> condition) {
        return count() == 0 ? 0 : (double) count(condition) / count();
    }

    double millis(double quantile) {
        return quantile(Answer::millis, quantile);
    }

    /** Of the generator, at its p99. */
    double lateness() {
        return quantile(Answer::latenessMillis, 0.99);
    }

    private double quantile(ToDoubleFunction<Answer> figure, double quantile) {
        if (answers.isEmpty()) {
            return 0;
        }
        double[] sorted = answers.stream().mapToDouble(figure).sorted().toArray();
        return sorted[Math.min(sorted.length - 1, (int) Math.ceil(quantile * sorted.length) - 1)];
    }

    /** By the second in which they were due, from the first of all. */
    Map<Integer, Figures> bySecond(long fromNanos) {
        return answers.stream()
                .collect(Collectors.groupingBy(
                        answer -> (int) Math.floorDiv(answer.dueNanos() - fromNanos, 1_000_000_000L),
                        TreeMap::new,
                        Collectors.collectingAndThen(Collectors.toList(), Figures::new)));
    }

    /** How many of each, like {@code 201: 17,800, 503 overloaded: 161,300}. */
    String kinds() {
        return answers.stream()
                .collect(Collectors.groupingBy(
                        answer -> (answer.status() + " " + answer.problem()).strip(),
                        TreeMap::new,
                        Collectors.counting()))
                .entrySet()
                .stream()
                .map(kind -> kind.getKey() + ": " + String.format("%,d", kind.getValue()))
                .collect(Collectors.joining(", "));
    }

    double[] perSecond(Predicate<Answer> condition, long fromNanos, int seconds) {
        double[] counts = new double[seconds];
        for (Answer answer : answers) {
            int second = (int) Math.floorDiv(answer.endNanos() - fromNanos, 1_000_000_000L);
            if (condition.test(answer) && second >= 0 && second < seconds) {
                counts[second]++;
            }
        }
        return counts;
    }

    @Override
    public String toString() {
        return kinds() + "; p50 " + Math.round(millis(0.5)) + " ms, p99 " + Math.round(millis(0.99))
                + " ms; due to sent p99 " + Math.round(lateness()) + " ms";
    }

    static String list(double[] counts) {
        return Arrays.stream(counts)
                .mapToObj(count -> Long.toString((long) count))
                .collect(Collectors.joining(" "));
    }
}
