# Fits the models of bench/mixed_in_r.py by lme4, lmerTest and pbkrtest: Rscript mixed_in_r.R FOLDER
suppressMessages({library(lme4); library(lmerTest); library(pbkrtest)})
folder <- commandArgs(TRUE)[1]
models <- read.csv(file.path(folder, "models.csv"))
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-12, maxfun = 1e6), calc.derivs = FALSE)

row <- function(model) {
  data <- read.csv(file.path(folder, paste0(model$data, ".csv")))
  formula <- as.formula(paste("Y ~", model$fixed, "+", model$random))
  fit <- suppressWarnings(suppressMessages(lmerTest::lmer(formula, data, control = control)))
  names <- names(fixef(fit))
  change <- (names == "T2") - (names == "T1")
  last <- diag(length(names))[length(names) - 1:0, ]
  one <- function(ddf) unlist(contest(fit, change, joint = FALSE, ddf = ddf)[c("Estimate", "Std. Error", "df", "Pr(>|t|)")])
  two <- function(ddf) unlist(contest(fit, last, ddf = ddf)[c("F value", "DenDF")])
  values <- c(-2 * as.numeric(logLik(fit, REML = TRUE)), one("Satterthwaite"), one("Kenward-Roger")[-1],
              two("Kenward-Roger"), two("Satterthwaite"))
  c(isSingular(fit, tol = 1e-6), sprintf("%.10g", values))
}

rows <- lapply(split(models, seq_len(nrow(models))), row)
write.table(do.call(rbind, rows), file.path(folder, "r.csv"), sep = ",", row.names = FALSE, col.names = FALSE, quote = FALSE)
