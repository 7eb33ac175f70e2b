/** The packaged application as processes of their own, on real stores that break: every promise must survive. */
package flashsale.faults;
