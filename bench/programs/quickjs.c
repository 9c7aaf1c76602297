// QuickJS: runs a script in a fresh context; `print` is all it can do.
#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>

static JSValue print(JSContext *context, JSValueConst this, int n, JSValueConst *arguments) {
    (void)this;
    for (int i = 0; i < n; i++) {
        const char *text = JS_ToCString(context, arguments[i]);
        if (!text) return JS_EXCEPTION;
        printf("%s%s", i ? " " : "", text);
        JS_FreeCString(context, text);
    }
    printf("\n");
    return JS_UNDEFINED;
}

static char *read_file(const char *name, size_t *n) {
    enum { ROOM = 1 << 20 };
    FILE *file = fopen(name, "rb");
    char *text = malloc(ROOM);
    if (!file || !text) exit(2);
    *n = fread(text, 1, ROOM - 1, file);
    text[*n] = 0;
    fclose(file);
    return text;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    size_t n;
    char *script = read_file(argv[1], &n);
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
    JS_SetPropertyStr(context, global, "amount", JS_NewInt32(context, atoi(argv[2])));
    JS_FreeValue(context, global);
    JSValue result = JS_Eval(context, script, n, argv[1], JS_EVAL_TYPE_GLOBAL);
    int failed = JS_IsException(result);
    if (failed) {
        JSValue exception = JS_GetException(context);
        const char *text = JS_ToCString(context, exception);
        printf("%s\n", text ? text : "exception");
        JS_FreeCString(context, text);
        JS_FreeValue(context, exception);
    }
    JS_FreeValue(context, result);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    free(script);
    return failed;
}
