// Binary trees, allocated and freed one node at a time.
#include <stdio.h>
#include <stdlib.h>

typedef struct tree {
    struct tree *left, *right;
} tree;

static tree *grow(int depth) {
    tree *t = malloc(sizeof *t);
    if (!t) exit(1);
    t->left = depth > 0 ? grow(depth - 1) : 0;
    t->right = depth > 0 ? grow(depth - 1) : 0;
    return t;
}

static int count(const tree *t) { return t ? 1 + count(t->left) + count(t->right) : 0; }

static void fell(tree *t) {
    if (!t) return;
    fell(t->left);
    fell(t->right);
    free(t);
}

int main(int argc, char **argv) {
    int most = argc > 1 ? atoi(argv[1]) : 8;
    tree *lasting = grow(most);
    for (int depth = 4; depth <= most; depth += 4) {
        long nodes = 0;
        for (int i = 0; i < 1 << (most - depth + 4); i++) {
            tree *t = grow(depth);
            nodes += count(t);
            fell(t);
        }
        printf("trees of depth %d: %ld nodes\n", depth, nodes);
    }
    printf("lasting tree: %d nodes\n", count(lasting));
    fell(lasting);
    return 0;
}
