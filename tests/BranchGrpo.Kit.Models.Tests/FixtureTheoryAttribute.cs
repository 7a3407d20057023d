using Xunit.Abstractions;
using Xunit.Sdk;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>A theory over reference cases. A chosen folder of fixtures (BRANCHGRPO_FIXTURES) may hold some families only, so that no case is no failure
/// there; with the repository's own it is one.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("BranchGrpo.Kit.Models.Tests.FixtureTheoryDiscoverer", "BranchGrpo.Kit.Models.Tests")]
public sealed class FixtureTheoryAttribute : TheoryAttribute;

/// <summary>Finds the cases of a <see cref="FixtureTheoryAttribute"/>.</summary>
public sealed class FixtureTheoryDiscoverer(IMessageSink diagnostics) : TheoryDiscoverer(diagnostics)
{
    public override IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo theory)
    {
        IXunitTestCase[] found = [.. base.Discover(options, method, theory)];
        var empty = found is [ExecutionErrorTestCase error] && error.ErrorMessage.StartsWith("No data found", StringComparison.Ordinal);
        return empty && Environment.GetEnvironmentVariable("BRANCHGRPO_FIXTURES") is { Length: > 0 } ? [] : found;
    }
}
