#include "kernel/arch/common/page_table.cpp"
