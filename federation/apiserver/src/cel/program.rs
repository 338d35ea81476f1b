//! A compiled expression: parsed once, with a meter in every loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use kube_cel::KubeCelExt as _;
use kube_cel::cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue};
use kube_cel::cel::parser::Parser;
use kube_cel::cel::{self, Context, ExecutionError, IdedExpr};

use super::budget::{self, Budget};

/// Longest expression in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// Deepest tree of an expression. `a + b + c` is as deep as it has terms.
const MAX_DEPTH: usize = 40;

/// Stack of the thread that parses; the parser recurses over a chain of operators.
const PARSER_STACK: usize = 64 * 1024 * 1024;

/// Most operators of an expression: they bound how deep the parser recurses.
const MAX_OPERATORS: usize = 1500;

/// Most brackets open at once, and most unary operators in a row.
const MAX_OPEN: usize = 24;

/// Name of the metering function; not writable in an expression.
const METER: &str = "@meter";

/// Why an expression cannot be compiled or evaluated.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Not CEL.
    #[error("{0}")]
    Syntax(String),
    /// Longer than allowed.
    #[error("the expression has {length} bytes, at most {MAX_LENGTH} are allowed")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// More nested than allowed.
    #[error("the expression nests too deep or has more than {MAX_OPERATORS} operators; split the rule")]
    TooDeep,
    /// Uses something that is not offered.
    #[error("{0} is not supported in an expression")]
    Unsupported(&'static str),
    /// Evaluation failed, for example on a missing key.
    #[error("{0}")]
    Evaluation(String),
    /// The budget of the request is spent.
    #[error("the expression runs out of its cost budget")]
    Budget,
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Program {
    expr: Arc<IdedExpr>,
    uses_old_self: bool,
}

thread_local! {
    /// Functions are registered once per thread; each evaluation adds its variables in a scope.
    static FUNCTIONS: Context<'static> = {
        let mut context = Context::default();
        context.register_all();
        context.add_function(METER, meter);
        context
    };
}

/// Pays for one loop step; `built` is the number of items that the loop holds, which the interpreter
/// copies in each step.
fn meter(built: i64) -> Result<cel::Value, ExecutionError> {
    if budget::take(1 + u64::try_from(built).unwrap_or_default() / 8) {
        Ok(cel::Value::Bool(true))
    } else {
        Err(ExecutionError::function_error(METER, "out of budget"))
    }
}

impl Program {
    /// Compiles `source`.
    ///
    /// # Errors
    /// When it is not CEL, too long, too deep, or builds messages.
    pub fn compile(source: &str) -> Result<Self, ProgramError> {
        if source.len() > MAX_LENGTH {
            return Err(ProgramError::TooLong { length: source.len() });
        }
        guard(source)?;
        // The parser recurses, so it gets a stack that the guarded length cannot exhaust. Rules are
        // compiled once; evaluation runs on the caller's thread and is bounded by MAX_DEPTH.
        let gave_up = || ProgramError::Syntax("the parser gave up".to_owned());
        std::thread::scope(|scope| {
            let parsing = std::thread::Builder::new()
                .name("cel-compile".to_owned())
                .stack_size(PARSER_STACK)
                .spawn_scoped(scope, || Self::parse(source))
                .map_err(|error| ProgramError::Syntax(format!("start the parser: {error}")))?;
            parsing.join().unwrap_or_else(|_| Err(gave_up()))
        })
    }

    fn parse(source: &str) -> Result<Self, ProgramError> {
        let parser = Parser::new().enable_optional_syntax(true);
        let mut expr = parser.parse(source).map_err(|error| ProgramError::Syntax(error.to_string()))?;
        add_meter(&mut expr, 0)?;
        let uses_old_self = cel::parser::Expression::references(&expr).has_variable("oldSelf");
        Ok(Self { expr: Arc::new(expr), uses_old_self })
    }

    /// Whether the expression names `oldSelf`.
    pub fn uses_old_self(&self) -> bool {
        self.uses_old_self
    }

    /// Evaluates with the given variables.
    ///
    /// # Errors
    /// What the interpreter reports, or that the budget is spent.
    pub fn evaluate(
        &self,
        variables: &[(&str, cel::Value)],
        budget: &mut Budget,
    ) -> Result<cel::Value, ProgramError> {
        let result = budget.spend(|| {
            FUNCTIONS.with(|functions| {
                let mut scope = functions.new_inner_scope();
                for (name, value) in variables {
                    scope.add_variable_from_value(*name, value.clone());
                }
                // The interpreter is foreign code with known panics; one bad rule must not end a request.
                catch_unwind(AssertUnwindSafe(|| cel::Value::resolve(&self.expr, &scope)))
            })
        });
        if budget.is_spent() {
            return Err(ProgramError::Budget);
        }
        match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(ProgramError::Evaluation(error.to_string())),
            Err(_) => Err(ProgramError::Evaluation("the interpreter gave up".to_owned())),
        }
    }
}

/// Refuses what would make the parser recurse without bounds: it has a limit of its own, but not for
/// every construct. Text inside quotes does not count.
fn guard(source: &str) -> Result<(), ProgramError> {
    let (mut open, mut unary, mut operators) = (0_usize, 0_usize, 0_usize);
    let mut quote = None;
    let mut bytes = source.bytes();
    while let Some(byte) = bytes.next() {
        if let Some(end) = quote {
            if byte == b'\\' {
                bytes.next();
            } else if byte == end {
                quote = None;
            }
            continue;
        }
        match byte {
            b'"' | b'\'' => quote = Some(byte),
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if matches!(byte, b'-' | b'!') {
            unary += 1;
        } else if !byte.is_ascii_whitespace() {
            unary = 0;
        }
        operators += usize::from(b"([{.+-*/%?!<>=".contains(&byte));
        if open > MAX_OPEN || unary > MAX_OPEN || operators > MAX_OPERATORS {
            return Err(ProgramError::TooDeep);
        }
    }
    Ok(())
}

/// Calls the interpreter's `timestamp` or `duration`; `None` when the text is neither.
pub(super) fn convert_text(function: &str, text: &str) -> Option<cel::Value> {
    let expr = call(function, vec![IdedExpr { id: 0, expr: Expr::Ident("text".to_owned()) }]);
    FUNCTIONS.with(|functions| {
        let mut scope = functions.new_inner_scope();
        scope.add_variable_from_value("text", text);
        cel::Value::resolve(&expr, &scope).ok()
    })
}

fn call(function: &str, args: Vec<IdedExpr>) -> IdedExpr {
    IdedExpr { id: 0, expr: Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args }) }
}

/// Puts the meter in front of every loop condition: `@meter(n) ? condition : false`. A conditional
/// passes errors on, so that a loop without budget ends at once.
fn add_meter(expr: &mut IdedExpr, depth: usize) -> Result<(), ProgramError> {
    if depth > MAX_DEPTH {
        return Err(ProgramError::TooDeep);
    }
    let depth = depth + 1;
    match &mut expr.expr {
        Expr::Call(call) => {
            if call.func_name == "range" || call.func_name == METER {
                return Err(ProgramError::Unsupported("lists.range"));
            }
            if let Some(target) = &mut call.target {
                add_meter(target, depth)?;
            }
            call.args.iter_mut().try_for_each(|expr| add_meter(expr, depth))
        }
        Expr::Comprehension(loops) => {
            for part in [
                &mut loops.iter_range,
                &mut loops.accu_init,
                &mut loops.loop_cond,
                &mut loops.loop_step,
                &mut loops.result,
            ] {
                add_meter(part, depth)?;
            }
            let built = if matches!(loops.accu_init.expr, Expr::List(_)) {
                call("size", vec![IdedExpr { id: 0, expr: Expr::Ident(loops.accu_var.clone()) }])
            } else {
                IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Int(0.into())) }
            };
            let condition = std::mem::take(&mut loops.loop_cond);
            let never = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Boolean(false.into())) };
            loops.loop_cond = call("_?_:_", vec![call(METER, vec![built]), condition, never]);
            Ok(())
        }
        Expr::List(list) => list.elements.iter_mut().try_for_each(|expr| add_meter(expr, depth)),
        Expr::Map(map) => map.entries.iter_mut().try_for_each(|entry| match &mut entry.expr {
            EntryExpr::MapEntry(entry) => {
                add_meter(&mut entry.key, depth).and_then(|()| add_meter(&mut entry.value, depth))
            }
            EntryExpr::StructField(field) => add_meter(&mut field.value, depth),
        }),
        Expr::Select(select) => add_meter(&mut select.operand, depth),
        Expr::Struct(_) => Err(ProgramError::Unsupported("a message")),
        Expr::Unspecified => Err(ProgramError::Unsupported("an empty expression")),
        Expr::Ident(_) | Expr::Literal(_) => Ok(()),
    }
}
