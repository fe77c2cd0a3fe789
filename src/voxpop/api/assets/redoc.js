"use strict";
// Its search runs in a worker made of text, which the page's policy forbids.
Redoc.init("/openapi.json", { disableSearch: true, hideLogo: true }, document.getElementById("page"));
