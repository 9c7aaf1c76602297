// getopt and getopt_long.
#include "../show.h"
#include <getopt.h>

int main(void)
{
    char *arguments[] = {"name", "-a", "-bvalue", "-c", "other", "plain", "--long=1", "--flag", "--unknown", "-z", "--", "-a", NULL};
    struct option options[] = {{"long", required_argument, NULL, 'l'}, {"flag", no_argument, NULL, 'f'}, {0}};
    opterr = 0;
    for (int c; (c = getopt_long(12, arguments, "ab:c:", options, NULL)) != -1;)
        printf("%c %s\n", c, optarg ? optarg : "-");
    for (int i = optind; i < 12; i++)
        puts(arguments[i]);
    optind = 1;
    char *few[] = {"name", "-b", NULL};
    SHOW(getopt(2, few, ":b:"));
    return 0;
}
