// Regular expressions.
#include "../show.h"
#include <regex.h>

int main(void)
{
    regex_t r;
    regmatch_t m[4];
    char text[64];
    const char *patterns[] = {"^a+(b*)c$", "[[:digit:]]{2,3}", "(x|yz)+", "\\bword", "a.*z", "("};
    const char *texts[] = {"aaabbc", "ab1234", "xyzx!", "a word", "abc"};
    for (int p = 0; p < 6; p++) {
        int error = regcomp(&r, patterns[p], REG_EXTENDED);
        if (error) {
            regerror(error, &r, text, sizeof text);
            printf("%s: %s\n", patterns[p], text);
            continue;
        }
        for (int t = 0; t < 5; t++)
            if (regexec(&r, texts[t], 4, m, 0) == 0)
                printf("%s in %s: %d-%d, %d-%d\n", patterns[p], texts[t], (int)m[0].rm_so, (int)m[0].rm_eo,
                       (int)m[1].rm_so, (int)m[1].rm_eo);
        regfree(&r);
    }
    return 0;
}
