# chapters/13_scaling/messages.cpp 13_scaling_test Mistakes.ARankThatIsNotThere
s/if (!receives \&\& theirs == me) throw/if (false) throw/
