/* SPDX-License-Identifier: Apache-2.0 */
package org.sipwire.bench.soak;

/**
 * A straight line through samples, by least squares, and whether its slope can be told from noise.
 *
 * <p>Immutable. Shared.
 *
 * @param points how many samples it goes through
 * @param mean of the samples
 * @param growth what the line gains from the first sample to the last
 * @param error the standard error of that growth; larger than the textbook's where neighbours resemble each other, as a slow wave that
 *     ends high is no growth
 */
record Trend(int points, double mean, double growth, double error) {
    private static final double SIGNIFICANT = 3;
    private static final double MOST_ALIKE = 0.95;

    /** Through the points (x, y), of which there are at least three, or nothing is known. */
    static Trend of(double[] x, double[] y) {
        int n = x.length;
        double meanX = mean(x);
        double meanY = mean(y);
        if (n < 3) {
            return new Trend(n, meanY, Double.NaN, Double.NaN);
        }
        double sumXx = 0;
        double sumXy = 0;
        for (int i = 0; i < n; i++) {
            sumXx += (x[i] - meanX) * (x[i] - meanX);
            sumXy += (x[i] - meanX) * (y[i] - meanY);
        }
        double slope = sumXy / sumXx;
        double squares = 0;
        double neighbours = 0;
        double before = 0;
        for (int i = 0; i < n; i++) {
            double residual = y[i] - meanY - slope * (x[i] - meanX);
            squares += residual * residual;
            neighbours += residual * before;
            before = residual;
        }
        double alike = squares == 0 ? 0 : Math.max(0, Math.min(MOST_ALIKE, neighbours / squares));
        double error = Math.sqrt(squares / (n - 2) / sumXx * (1 + alike) / (1 - alike));
        double window = x[n - 1] - x[0];
        return new Trend(n, meanY, slope * window, error * window);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /** Whether it goes up by more than chance explains. */
    boolean isSignificant() {
        return growth > SIGNIFICANT * error;
    }
}
