module golimbo

go 1.21
