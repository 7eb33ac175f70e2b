/** What attackers send, in bounded amounts and to this machine alone, while honest buyers buy from the packaged application. */
package flashsale.abuse;
